import { type ObjectRange } from '@tessera/storage';
import { RangeNotSatisfiableError } from '../errors/file.errors.js';

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * The bytes that a `Range` header asks for. Undefined for no header, and for several ranges or another unit, which a
 * server may answer with the whole.
 * @param bytes size of the whole
 * @throws {RangeNotSatisfiableError}
 */
export function readByteRange(header: string | undefined, bytes: number): Required<ObjectRange> | undefined {
  const [, first = '', last = ''] = ONE_RANGE.exec(header ?? '') ?? [];
  if (header === undefined || (first === '' && last === '')) return undefined;
  const range = first === '' ? lastBytes(Number(last), bytes) : fromTo(Number(first), last, bytes);
  if (range === undefined) return undefined;
  if (range.start >= bytes) throw new RangeNotSatisfiableError(header, bytes);
  return range;
}

function lastBytes(count: number, bytes: number): Required<ObjectRange> {
  // None of them: a range that begins at the end.
  return { start: count === 0 ? bytes : Math.max(0, bytes - count), end: bytes };
}

/** Undefined for a range that ends before it begins, which is none. */
function fromTo(start: number, last: string, bytes: number): Required<ObjectRange> | undefined {
  if (last === '') return { start, end: bytes };
  return Number(last) < start ? undefined : { start, end: Math.min(Number(last) + 1, bytes) };
}
