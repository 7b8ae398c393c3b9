import { createGunzip } from 'node:zlib';
import { SourceFileError } from '../errors.js';
import { PieceFeed } from './piece-feed.js';

/** What a piece unpacks to is held in memory, a thousand times as much at worst. */
const PIECE_BYTES = 16 * 1024;

/**
 * Unpacks gzip. All that comes before damage is given, whoever reads how fast: two readings agree.
 * @throws {SourceFileError} where the data is damaged or cut off
 */
export async function* gunzip(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const stream = createGunzip();
  const unpacked: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => unpacked.push(chunk));
  const feed = new PieceFeed(stream);
  let position = 0;
  try {
    for await (const piece of piecesOf(source)) {
      const failure = await feed.write(piece);
      yield* unpacked.splice(0);
      position += piece.length;
      if (failure !== undefined) throw toDamage(name, position, failure);
    }
    const failure = await feed.end();
    yield* unpacked.splice(0);
    if (failure !== undefined) throw toDamage(name, position, failure);
  } finally {
    stream.destroy();
  }
}

async function* piecesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      yield chunk.subarray(start, start + PIECE_BYTES);
    }
  }
}

function toDamage(name: string, position: number, cause: Error): SourceFileError {
  const what = cause.message === 'unexpected end of file' ? 'is cut off' : `is damaged (${cause.message})`;
  return new SourceFileError(name, `its gzip data ${what} within the first ${position} bytes`, { cause });
}
