import { ShardNameInvalidError } from '../errors.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
export const STATS_ENDING = '_stats';

/** @throws {ShardNameInvalidError} */
export function checkShardName(name: string): void {
  if (!NAME.test(name) || name.endsWith(STATS_ENDING)) throw new ShardNameInvalidError(name);
}

/** The order of shards: numbers in their names by value, everything else by code units. */
export function compareShardNames(left: string, right: string): number {
  const [leftParts, rightParts] = [left, right].map((name) => name.match(/\d+|\D+/g) ?? []);
  for (const [index, part] of (leftParts ?? []).entries()) {
    const other = rightParts?.[index];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  // Numbers of the same value may be written differently.
  return (leftParts?.length ?? 0) - (rightParts?.length ?? 0) || compareText(left, right);
}

function comparePart(left: string, right: string): number {
  if (!/^\d/.test(left) || !/^\d/.test(right)) return compareText(left, right);
  const [leftDigits, rightDigits] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  return leftDigits.length - rightDigits.length || compareText(leftDigits, rightDigits);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
