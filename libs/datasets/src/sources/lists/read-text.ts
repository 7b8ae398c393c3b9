import type { Columns, ListReader, ListRow } from './list-row.js';
import { openList } from './open-list.js';
import { type ListLine, readLines } from './read-lines.js';

/** A line holds an image in base64 at most. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A list of paths or URLs, one a line. Their column is called `path`. */
export const readText: ListReader = async function* (file, options) {
  for await (const line of readLines(openList(file, options), MAX_LINE_BYTES)) {
    yield toRow(line, (text) => ({ kind: 'row', at: `line ${line.number}`, columns: { path: text.trim() } }));
  }
};

/** A list of JSON objects, one a line. */
export const readJsonLines: ListReader = async function* (file, options) {
  for await (const line of readLines(openList(file, options), MAX_LINE_BYTES)) {
    yield toRow(line, (text) => parseRow(text, `line ${line.number}`));
  }
};

function toRow({ number, bytes }: ListLine, parse: (text: string) => ListRow): ListRow {
  const bad = (reason: string): ListRow => ({
    kind: 'bad',
    at: `line ${number}`,
    code: 'file_invalid',
    reason,
  });
  if (bytes === undefined) return bad(`it has more than ${MAX_LINE_BYTES} bytes`);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return bad('it is not UTF-8');
  }
  return parse(text);
}

function parseRow(text: string, at: string): ListRow {
  const bad = (reason: string): ListRow => ({ kind: 'bad', at, code: 'invalid_json', reason });
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    // What JSON.parse gives is what JSON has.
    return isObject ? { kind: 'row', at, columns: value as Columns } : bad('it is no JSON object');
  } catch (error) {
    return bad(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
