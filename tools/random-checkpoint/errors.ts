import { TesseraError } from '@tessera/contracts';

/** Something is at the place of the checkpoint. */
export class CheckpointExistsError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(readonly directory: string) {
    super(
      `${directory} exists; a checkpoint is never written over another, name a new folder or remove this one`,
    );
  }
}

/** The disk has too little room for the checkpoint. */
export class DiskSpaceError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly directory: string,
    readonly neededBytes: number,
    readonly freeBytes: number,
  ) {
    super(
      `the checkpoint takes ${neededBytes} bytes, the disk of ${directory} has ${freeBytes} free; make room, or write a smaller one with --layers or --scale`,
    );
  }
}

/** The sizes of a model do not add up to what is published of it. */
export class TotalsMismatchError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly model: string,
    readonly expected: { tensors: number; parameters: number },
    readonly given: { tensors: number; parameters: number },
  ) {
    super(
      `${model} has ${expected.tensors} tensors of ${expected.parameters} numbers, its sizes here make ${given.tensors} of ${given.parameters}; correct them in models.ts`,
    );
  }
}

/** An option of the command that cannot be used. */
export class UnusableOptionError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly option: string,
    readonly given: string,
    readonly rule: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${option} must be ${rule}, given ${given}`, options);
  }
}
