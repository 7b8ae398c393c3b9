import { type ObjectStore } from '@tessera/storage';
import { z } from 'zod';
import { isProblem, parseRequestLine } from '../input/parse-request-line.js';
import { readLines } from '../input/read-lines.js';

const errorLine = z.object({ custom_id: z.string() });

/**
 * The lines of an input whose custom ids an error file has. Error files keep the order of their input, so one pass over
 * both is enough.
 */
export async function* failedLines(
  store: ObjectStore,
  { inputKey, errorKey }: { inputKey: string; errorKey: string },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const errors = failedIds(store, errorKey, signal);
  let failed = await errors.next();
  const { body } = await store.open(inputKey, { signal });
  try {
    for await (const { bytes } of readLines(body, { maxLineBytes: Infinity })) {
      if (failed.done === true) return;
      const line = parseRequestLine(bytes);
      if (isProblem(line) || line.customId !== failed.value) continue;
      yield Buffer.concat([bytes, Buffer.from('\n')]);
      failed = await errors.next();
    }
  } finally {
    body.destroy();
    await errors.return(undefined);
  }
}

async function* failedIds(
  store: ObjectStore,
  errorKey: string,
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  const { body } = await store.open(errorKey, { signal });
  try {
    for await (const { bytes } of readLines(body, { maxLineBytes: Infinity })) {
      yield errorLine.parse(JSON.parse(bytes.toString('utf8'))).custom_id;
    }
  } finally {
    body.destroy();
  }
  return undefined;
}
