import { createHash } from 'node:crypto';

const FIRST_CAPACITY = 2 ** 12;
const MOST_LOAD = 0.5;

/**
 * A set of 64-bit hashes of texts: 8 bytes a place at half load, so 16 MB for a million. Two texts that share a hash
 * look the same to it.
 */
export class HashTable {
  private high = new Uint32Array(FIRST_CAPACITY);
  private low = new Uint32Array(FIRST_CAPACITY);
  private count = 0;

  /** Adds a text's hash. @returns whether it was new */
  add(text: string): boolean {
    const [high, low] = hashOf(text);
    if (!this.insert(high, low)) return false;
    this.count += 1;
    if (this.count > MOST_LOAD * this.high.length) this.grow();
    return true;
  }

  private insert(high: number, low: number): boolean {
    const index = this.find(high, low);
    if (this.high[index] !== 0) return false;
    this.high[index] = high;
    this.low[index] = low;
    return true;
  }

  /** Where the hash is, or the empty place for it. */
  private find(high: number, low: number): number {
    const mask = this.high.length - 1;
    let index = low & mask;
    while (this.high[index] !== 0 && (this.high[index] !== high || this.low[index] !== low)) {
      index = (index + 1) & mask;
    }
    return index;
  }

  private grow(): void {
    const { high, low } = this;
    this.high = new Uint32Array(2 * high.length);
    this.low = new Uint32Array(2 * low.length);
    for (const [index, value] of high.entries()) if (value !== 0) this.insert(value, low[index] ?? 0);
  }
}

/** The first half is never 0, which marks an empty place. */
function hashOf(text: string): [high: number, low: number] {
  const digest = createHash('sha256').update(text).digest();
  return [digest.readUInt32LE(0) || 1, digest.readUInt32LE(4)];
}
