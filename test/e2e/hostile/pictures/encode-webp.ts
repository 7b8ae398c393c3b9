/** A lossless WebP of one colour in 40 bytes, whatever its size (at most 16,384 a side). */
export function solidWebp(width: number, height: number): Buffer {
  const bits = new BitWriter();
  bits.write(0x2f, 8);
  bits.write(width - 1, 14);
  bits.write(height - 1, 14);
  // No alpha, version 0, no transform, no colour cache, one set of codes.
  bits.write(0, 1 + 3 + 1 + 1 + 1);
  // Five codes of one symbol each, which then takes no bits: green, red, blue, alpha, distance.
  for (const symbol of [10, 200, 20, 255, 0]) {
    bits.write(0b101, 3);
    bits.write(symbol, 8);
  }
  return riff(chunkOf('VP8L', bits.toBuffer()));
}

function riff(chunk: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP'), chunk]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from('RIFF'), size, body]);
}

function chunkOf(type: string, data: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(type), size, data, Buffer.alloc(data.length % 2)]);
}

/** Least significant bit first, as VP8L is written. */
class BitWriter {
  private readonly bytes: number[] = [];
  private bitCount = 0;

  write(value: number, width: number): void {
    for (let bit = 0; bit < width; bit += 1, this.bitCount += 1) {
      const index = this.bitCount >> 3;
      this.bytes[index] = (this.bytes[index] ?? 0) | (((value >> bit) & 1) << (this.bitCount & 7));
    }
  }

  toBuffer(): Buffer {
    return Buffer.from(this.bytes);
  }
}
