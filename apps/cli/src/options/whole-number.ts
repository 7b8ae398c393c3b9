import { InvalidArgumentError } from 'commander';

const DIGITS = /^[+-]?\d+$/;

/** Reader of an option's value: a whole number from `minimum` to `maximum`, both included. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (DIGITS.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}
