import { HashSet } from '../hash-set.js';

/**
 * Makes keys unique. Where two keys share a hash (see {@link HashSet}), one gets a number that it did not need.
 */
export class KeySet {
  private readonly keys = new HashSet();

  /** The key itself, or, where an earlier record has it, with `#` and the record's number behind it. */
  unique(key: string, number: number): string {
    let candidate = key;
    while (!this.keys.add(candidate)) candidate = `${candidate}#${number}`;
    return candidate;
  }
}
