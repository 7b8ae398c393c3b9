import { type ChunkRange } from '@tessera/contracts';
import { type ObjectStore } from '@tessera/storage';
import { InputChangedError } from '../errors.js';
import { isProblem, parseRequestLine } from '../input/parse-request-line.js';
import { readLines } from '../input/read-lines.js';

/** A row of an input file that has been validated. */
export interface InputRow {
  readonly row: number;
  readonly customId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The rows of `range`; to the end of the file where it has no end. @throws {InputChangedError} */
export async function* readRows(
  store: ObjectStore,
  inputKey: string,
  range: Pick<ChunkRange, 'fromRow' | 'fromByte'> & { toByte?: number },
  signal?: AbortSignal,
): AsyncGenerator<InputRow> {
  const { fromRow, fromByte, toByte } = range;
  const { body } = await store.open(inputKey, {
    range: { start: fromByte, ...(toByte === undefined ? {} : { end: toByte }) },
    ...(signal === undefined ? {} : { signal }),
  });
  let row = fromRow;
  // Validation has seen that no line is too long.
  for await (const { bytes } of readLines(body, { maxLineBytes: Infinity })) {
    const line = parseRequestLine(bytes);
    if (isProblem(line)) throw new InputChangedError(inputKey, `a request in row ${row}`, line.message);
    yield { row, customId: line.customId, body: line.body };
    row += 1;
  }
}

/** The rows of a chunk. @throws {InputChangedError} */
export async function readChunkRows(
  store: ObjectStore,
  chunk: ChunkRange & { inputKey: string },
  signal?: AbortSignal,
): Promise<InputRow[]> {
  const rows: InputRow[] = [];
  for await (const row of readRows(store, chunk.inputKey, chunk, signal)) rows.push(row);
  const expected = chunk.toRow - chunk.fromRow;
  if (rows.length !== expected)
    throw new InputChangedError(chunk.inputKey, `${expected} rows`, `${rows.length}`);
  return rows;
}
