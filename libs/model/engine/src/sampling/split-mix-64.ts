import { randomBytes } from 'node:crypto';

const INCREMENT = 0x9e3779b97f4a7c15n;
const FRACTION_BITS = 53n;

/**
 * SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): a 64-bit counter with a
 * mixing function. All seeds are equally good, and seeds that follow each other have unrelated streams.
 */
export class SplitMix64 {
  private state: bigint;

  constructor(seed: bigint) {
    this.state = BigInt.asUintN(64, seed);
  }

  /** The next 64 bits. */
  nextBits(): bigint {
    this.state = BigInt.asUintN(64, this.state + INCREMENT);
    let bits = this.state;
    bits = BigInt.asUintN(64, (bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n);
    bits = BigInt.asUintN(64, (bits ^ (bits >> 27n)) * 0x94d049bb133111ebn);
    return bits ^ (bits >> 31n);
  }

  /** The next number from 0 up to but not 1: the upper 53 bits of {@link nextBits}. */
  nextFraction(): number {
    return Number(this.nextBits() >> (64n - FRACTION_BITS)) / 2 ** Number(FRACTION_BITS);
  }
}

/** 64 bits that nobody can foresee. */
export function randomSeed(): bigint {
  return randomBytes(8).readBigUInt64LE();
}
