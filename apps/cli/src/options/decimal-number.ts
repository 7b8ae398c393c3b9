import { InvalidArgumentError } from 'commander';

const DECIMAL = /^(\d+(\.\d*)?|\.\d+)$/;

/** Reader of an option's value: a number from `minimum` to `maximum`, both included, with or without decimals. */
export function decimalNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (DECIMAL.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`);
  };
}
