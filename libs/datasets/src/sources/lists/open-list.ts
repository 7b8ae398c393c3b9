import { gunzip } from '../bytes/gunzip.js';
import { type ByteReading, openStream } from '../bytes/open-stream.js';
import { isZipped } from '../forms.js';
import type { FoundFile } from '../locate/file-set.js';
import { placeName } from '../place-name.js';

/** The bytes of a list, unpacked where its name ends in `.gz`. */
export function openList({ name, place }: FoundFile, reading: ByteReading): AsyncGenerator<Uint8Array> {
  const stream = openStream(place, reading);
  return isZipped(name) ? gunzip(stream, placeName(place)) : stream;
}
