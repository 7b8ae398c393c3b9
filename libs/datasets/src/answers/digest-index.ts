const FIRST_CAPACITY = 2 ** 12;
const MOST_LOAD = 0.7;
/** 52 bits, as many as a number holds. */
const DIGITS = 13;

/**
 * Numbers by the first 52 bits of hexadecimal digests: 33 MB for a million. Of two digests that begin alike it has the one
 * that came last, so whoever finds a number looks whether it is the right one.
 */
export class DigestIndex {
  private hashes = new Float64Array(FIRST_CAPACITY);
  private values = new Float64Array(FIRST_CAPACITY);
  private count = 0;

  get(digest: string): number | undefined {
    const hash = hashOf(digest);
    const index = this.placeOf(hash);
    return this.hashes[index] === hash ? this.values[index] : undefined;
  }

  set(digest: string, value: number): void {
    if (this.insert(hashOf(digest), value)) this.count += 1;
    if (this.count > MOST_LOAD * this.hashes.length) this.grow();
  }

  private insert(hash: number, value: number): boolean {
    const index = this.placeOf(hash);
    const isNew = this.hashes[index] === 0;
    this.hashes[index] = hash;
    this.values[index] = value;
    return isNew;
  }

  /** Where it is, or would be. */
  private placeOf(hash: number): number {
    const mask = this.hashes.length - 1;
    let index = hash % this.hashes.length;
    while (this.hashes[index] !== 0 && this.hashes[index] !== hash) index = (index + 1) & mask;
    return index;
  }

  private grow(): void {
    const { hashes, values } = this;
    this.hashes = new Float64Array(2 * hashes.length);
    this.values = new Float64Array(2 * hashes.length);
    for (const [index, hash] of hashes.entries()) {
      if (hash !== 0) this.insert(hash, values[index] ?? 0);
    }
  }
}

/** Never 0, which marks an empty place. */
function hashOf(digest: string): number {
  return Number.parseInt(digest.slice(0, DIGITS), 16) || 1;
}
