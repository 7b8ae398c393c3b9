import { crc32, deflateSync } from 'node:zlib';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Default 8. */
  readonly bitDepth?: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. Default 2. */
  readonly colourType?: number;
  readonly interlaced?: boolean;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export function pngChunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

export function pngHeader({ width, height, bitDepth = 8, colourType = 2, interlaced }: PngHeader): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = bitDepth;
  data[9] = colourType;
  data[12] = interlaced === true ? 1 : 0;
  return pngChunk('IHDR', data);
}

/** A PNG of these chunks, whether or not they make sense together. */
export function pngOf(...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([SIGNATURE, ...chunks, pngChunk('IEND')]);
}

/** Image data of `byteCount` zero bytes: a thousandth of that on the wire. */
export function zeroData(byteCount: number): Buffer {
  return pngChunk('IDAT', deflateSync(Buffer.alloc(byteCount), { level: 9 }));
}

/** Black, one bit a pixel: the smallest file that unfolds to so many pixels. */
export function blackPng(width: number, height: number): Buffer {
  const header = pngHeader({ width, height, bitDepth: 1, colourType: 0 });
  return pngOf(header, zeroData(height * (1 + Math.ceil(width / 8))));
}
