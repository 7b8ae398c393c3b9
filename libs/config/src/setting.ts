import { z } from 'zod';

/** What a person needs to know of one environment variable. */
export interface SettingMetadata {
  readonly name: string;
  /** Which part of the system reads it; the heading under which documentation lists it. */
  readonly group: string;
  readonly description: string;
  /** Unit of the value (`bytes`, `seconds`, ...), where it has one. */
  readonly unit?: string;
  /** The default as a person reads it; absent when there is none. */
  readonly default?: string;
  /** The value may hold a password or key: it is never printed. */
  readonly secret?: true;
  /** Another spelling of the name, read where the name itself is not set. */
  readonly alias?: string;
}

/** One environment variable: its documentation and the schema that reads its text. */
export interface Setting<Schema extends z.ZodType = z.ZodType> extends Omit<SettingMetadata, 'name'> {
  readonly schema: Schema;
}

/** Types a setting; the schema takes the variable's text, or undefined when it is not set. */
export function setting<Schema extends z.ZodType>(definition: Setting<Schema>): Setting<Schema> {
  return definition;
}

const INTEGER = /^[+-]?\d+$/;

/** A whole number from `minimum` to `maximum`, both included, written in decimal digits. */
export function integerText(minimum: number, maximum: number) {
  const rule = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(INTEGER, rule)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, rule);
}

const BOOLEANS: Record<string, boolean> = { '1': true, true: true, '0': false, false: false };

/** `1`, `true`, `0` or `false`. */
export const booleanText = z.enum(['1', 'true', '0', 'false'], 'must be 1, true, 0 or false').transform(
  // The enum admits no other text, so the table always has an entry.
  (text) => BOOLEANS[text] === true,
);

/** Texts between commas; spaces around them and empty entries are dropped. */
export const listText = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);
