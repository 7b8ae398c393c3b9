import { hash } from 'node:crypto';

const FIRST_CAPACITY = 2 ** 12;
const MOST_LOAD = 0.5;
const HASH_HIGH_FACTOR = 2 ** 20;

/**
 * Makes keys unique. Holds 52 bits of a hash a key, so 16 MB for a million keys. Two keys that share a hash look the
 * same to it: among a million, once in ten thousand datasets one key gets a number that it did not need.
 */
export class KeySet {
  private hashes = new Float64Array(FIRST_CAPACITY);
  private count = 0;

  /** The key itself, or, where an earlier record has it, with `#` and the record's number behind it. */
  unique(key: string, number: number): string {
    let candidate = key;
    while (!this.add(candidate)) candidate = `${candidate}#${number}`;
    return candidate;
  }

  private add(key: string): boolean {
    if (!this.insert(hashOf(key))) return false;
    this.count += 1;
    if (this.count > MOST_LOAD * this.hashes.length) this.grow();
    return true;
  }

  private insert(value: number): boolean {
    const mask = this.hashes.length - 1;
    let index = value % this.hashes.length;
    while (this.hashes[index] !== 0) {
      if (this.hashes[index] === value) return false;
      index = (index + 1) & mask;
    }
    this.hashes[index] = value;
    return true;
  }

  private grow(): void {
    const { hashes } = this;
    this.hashes = new Float64Array(2 * hashes.length);
    for (const value of hashes) if (value !== 0) this.insert(value);
  }
}

/** Never 0, which marks an empty place. */
function hashOf(text: string): number {
  const digest = hash('sha256', text, 'buffer');
  return digest.readUInt32LE(0) * HASH_HIGH_FACTOR + (digest.readUInt32LE(4) % HASH_HIGH_FACTOR) || 1;
}
