import { TesseraError } from '@tessera/contracts';

/** The name of an output does not say which form it has. */
export class OutputFormUnknownError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly uri: string,
    readonly reason: string,
  ) {
    super(`${uri} is no output: ${reason}`);
  }
}

/** What is in the place of an output was not written as one, or not with the same columns, and is left alone. */
export class OutputForeignError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly uri: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${uri} is not continued: ${reason}`, options);
  }
}

/** A table has the same columns in every row, so those that are carried through must be named before the first row. */
export class CarriedColumnsUnknownError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(readonly uri: string) {
    super(`${uri} is a table: the columns that are carried through must be named, and cannot be "all"`);
  }
}

/** Shards name files. */
export class ShardNameInvalidError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(readonly shardName: string) {
    const rule =
      'it is 1 to 200 letters, digits, `.`, `_` and `-`, begins with none of the signs, and does not end in `_stats`';
    super(`${JSON.stringify(shardName)} cannot name a shard: ${rule}`);
  }
}

/** The output has no such shard, or not all of it. */
export class ShardNotFoundError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly uri: string,
    readonly shardName: string,
  ) {
    super(`${uri} has no shard ${shardName}`);
  }
}

/** A file of the output does not hold rows, though it was written as one that does. */
export class OutputDamagedError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly file: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${file} is damaged: ${reason}`, options);
  }
}
