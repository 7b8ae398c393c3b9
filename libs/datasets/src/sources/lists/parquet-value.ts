import type { ColumnValue } from '../../source.js';

/** Dates as text, others as they are. */
export const PARQUET_PARSERS = {
  dateFromDays: (days: number | null | undefined) =>
    days === null || days === undefined
      ? null
      : new Date(days * 86_400_000).toISOString().slice(0, '2000-01-01'.length),
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A value of Parquet as JSON has it. Bytes that are no text are in base64, 64-bit integers beyond 2^53 and dates text. */
export function toColumnValue(value: unknown): ColumnValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      return Number.isNaN(value) ? null : String(value);
    case 'bigint':
      return isSafe(value) ? Number(value) : String(value);
    case 'object':
      return value === null ? null : toCompound(value);
    default:
      return null;
  }
}

/** Undefined where these bytes are no text. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    // That is how it says so.
    return undefined;
  }
}

function toCompound(value: object): ColumnValue {
  if (value instanceof Uint8Array) return textOf(value) ?? Buffer.from(value).toString('base64');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, toColumnValue);
  if (Array.isArray(value)) return value.map(toColumnValue);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toColumnValue(inner)]));
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}
