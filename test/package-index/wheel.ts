import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A wheel: a zip file with these entries. */
export async function buildWheel(entries: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  // A fixed date, so that the same entries are the same bytes.
  const mtime = new Date(Date.UTC(2026, 0, 1));
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(content, name, { mtime });
  zip.end();
  return buffer(zip.outputStream);
}

/** The same zip file with another name of equal length in it: writers refuse to write some names. */
export function renameEntry(zip: Buffer, from: string, to: string): Buffer {
  if (Buffer.byteLength(from) !== Buffer.byteLength(to))
    throw new Error(`${from} and ${to} differ in length`);
  // One character a byte in both directions.
  return Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');
}
