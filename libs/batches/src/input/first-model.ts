import { type ObjectStore } from '@tessera/storage';
import { LineTooLongError } from '../errors.js';
import { isProblem, parseRequestLine } from './parse-request-line.js';
import { readLines } from './read-lines.js';

/** The model that the first row names; undefined where that row is not as it should be. */
export async function firstModel(
  store: ObjectStore,
  inputKey: string,
  { maxLineBytes, signal }: { maxLineBytes: number; signal: AbortSignal },
): Promise<string | undefined> {
  const { body } = await store.open(inputKey, { signal });
  try {
    for await (const { bytes } of readLines(body, { maxLineBytes })) {
      const line = parseRequestLine(bytes);
      return isProblem(line) ? undefined : line.model;
    }
  } catch (error) {
    // Validation reports the line.
    if (!(error instanceof LineTooLongError)) throw error;
  } finally {
    body.destroy();
  }
  return undefined;
}
