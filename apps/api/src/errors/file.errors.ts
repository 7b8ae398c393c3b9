import { TesseraError } from '@tessera/contracts';

/** A byte range that begins past the end. */
export class RangeNotSatisfiableError extends TesseraError {
  readonly code = 'range_not_satisfiable';

  constructor(
    readonly range: string,
    readonly bytes: number,
  ) {
    super(`Range: the file has ${bytes} bytes, given ${JSON.stringify(range.slice(0, 80))}`, {
      param: 'Range',
    });
  }
}

/** The bytes of a file have stopped coming. */
export class UploadStalledError extends TesseraError {
  readonly code = 'request_timeout';

  constructor(readonly idleTimeoutMs: number) {
    super(`the bytes of a file may stand still for at most ${idleTimeoutMs} ms`);
  }
}
