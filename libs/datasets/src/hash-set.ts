import { hash } from 'node:crypto';

const FIRST_CAPACITY = 2 ** 12;
const MOST_LOAD = 0.5;
const HASH_HIGH_FACTOR = 2 ** 20;

/**
 * A set of texts by 52 bits of their hashes: 16 MB for a million. Two texts that share a hash look the same to it, which
 * among a million happens once in ten thousand sets.
 */
export class HashSet {
  private hashes = new Float64Array(FIRST_CAPACITY);
  private count = 0;

  /** False where it was there already. */
  add(text: string): boolean {
    if (!this.insert(hashOf(text))) return false;
    this.count += 1;
    if (this.count > MOST_LOAD * this.hashes.length) this.grow();
    return true;
  }

  has(text: string): boolean {
    const value = hashOf(text);
    return this.hashes[this.placeOf(value)] === value;
  }

  private insert(value: number): boolean {
    const index = this.placeOf(value);
    if (this.hashes[index] === value) return false;
    this.hashes[index] = value;
    return true;
  }

  /** Where it is, or would be. */
  private placeOf(value: number): number {
    const mask = this.hashes.length - 1;
    let index = value % this.hashes.length;
    while (this.hashes[index] !== 0 && this.hashes[index] !== value) index = (index + 1) & mask;
    return index;
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
