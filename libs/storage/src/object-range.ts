import { ObjectRangeInvalidError } from './errors.js';
import type { ObjectRange } from './object-store.js';

/** @throws {ObjectRangeInvalidError} unless it runs from one whole number to the same or a larger one */
export function checkRange(key: string, range: ObjectRange | undefined): void {
  if (range === undefined) return;
  const { start, end } = range;
  const isPosition = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (isPosition(start) && (end === undefined || (isPosition(end) && end >= start))) return;
  throw new ObjectRangeInvalidError(key, range);
}
