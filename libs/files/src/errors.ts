import { TesseraError, type UploadStatus } from '@tessera/contracts';

const LONGEST_QUOTED_ID = 80;

/** No such file, or one that was deleted or has expired. */
export class FileNotFoundError extends TesseraError {
  readonly code = 'file_not_found';

  constructor(
    readonly fileId: string,
    options: { cause?: unknown } = {},
  ) {
    super(`no file has the id ${JSON.stringify(fileId.slice(0, LONGEST_QUOTED_ID))}`, {
      param: 'id',
      ...options,
    });
  }
}

export class FileTooLargeError extends TesseraError {
  readonly code = 'file_too_large';

  constructor(
    readonly limitBytes: number,
    /** Unknown while the file still comes: reading stops where the limit is passed. */
    readonly givenBytes: number | undefined,
    param: string,
  ) {
    const given = givenBytes === undefined ? 'given more' : `given ${givenBytes}`;
    super(`${param}: may have at most ${limitBytes} bytes, ${given}`, { param });
  }
}

/** The content or the name is not what the purpose asks for. */
export class FileInvalidError extends TesseraError {
  readonly code = 'file_invalid';

  constructor(
    readonly rule: string,
    param = 'file',
  ) {
    super(`${param}: ${rule}`, { param });
  }
}

export class UploadNotFoundError extends TesseraError {
  readonly code = 'upload_not_found';

  constructor(readonly uploadId: string) {
    super(`no upload has the id ${JSON.stringify(uploadId.slice(0, LONGEST_QUOTED_ID))}`, { param: 'id' });
  }
}

export class UploadFinishedError extends TesseraError {
  readonly code = 'upload_finished';

  constructor(
    readonly uploadId: string,
    readonly status: UploadStatus,
  ) {
    super(`upload ${uploadId} can no longer be changed: it is ${status}`);
  }
}

/** The parts of an upload, or the list of them that completes it, break a rule. */
export class UploadPartsInvalidError extends TesseraError {
  readonly code = 'invalid_value';

  constructor(
    readonly rule: string,
    param: 'part_ids' | 'md5' | 'data',
  ) {
    super(`${param}: ${rule}`, { param });
  }
}

/** With what is to be stored, the owner would have more than it may. */
export class StorageLimitExceededError extends TesseraError {
  readonly code = 'storage_limit_exceeded';

  constructor(
    readonly limitBytes: number,
    /** Without what was refused. */
    readonly storedBytes: number,
  ) {
    super(`at most ${limitBytes} bytes may be stored, ${storedBytes} are, and this would pass the limit`);
  }
}
