import { TesseraError } from '@tessera/contracts';

/** ONNX Runtime refused a call or failed in one; `ortCode` is its OrtErrorCode, the message its own. */
export class OrtError extends TesseraError {
  readonly code = 'engine_failed';
  constructor(
    readonly functionName: string,
    readonly ortCode: number,
    readonly ortMessage: string,
  ) {
    super(`ONNX Runtime ${functionName}: ${ortMessage.trim()} (code ${ortCode})`);
  }
}

/** `onnxruntime-node` has no library for this platform. */
export class UnsupportedPlatformError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly platform: string,
    readonly arch: string,
  ) {
    super(
      `ONNX Runtime ships no library for ${platform}/${arch}; use linux, darwin or win32 on x64 or arm64`,
    );
  }
}

/** A shared library cannot be loaded: it, or one that it needs, is missing or damaged. */
export class LibraryLoadError extends TesseraError {
  readonly code = 'internal_error';
  readonly reason: string;
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${path} cannot be loaded: ${reason}; install again what it belongs to`, { cause });
    this.reason = reason;
  }
}

/** The library found is older than the function table that this code was written for. */
export class OrtVersionError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly libraryVersion: string,
    readonly requiredApiVersion: number,
  ) {
    super(
      `ONNX Runtime ${libraryVersion} does not offer API version ${requiredApiVersion}; install a newer one`,
    );
  }
}

/** A native object was used after it had been disposed. */
export class DisposedError extends TesseraError {
  readonly code = 'internal_error';
  constructor(readonly object: string) {
    super(`${object} was used after dispose()`);
  }
}

/** A tensor's memory does not hold what its shape asks for. */
export class TensorShapeError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly dims: readonly number[],
    readonly expectedElementCount: number,
    readonly givenElementCount: number,
  ) {
    super(
      `tensor [${dims.join(', ')}] needs ${expectedElementCount} elements, its memory has ${givenElementCount}`,
    );
  }
}

/** Rows were asked of a tensor that does not have them. */
export class TensorRowsError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly firstRow: number,
    readonly count: number,
    readonly rowCount: number,
  ) {
    super(`rows ${firstRow} to ${firstRow + count} (exclusive) of a tensor with ${rowCount} rows`);
  }
}

/** A session was asked for on a device that this machine or this build of ONNX Runtime does not offer. */
export class DeviceUnavailableError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly device: string,
    readonly reason: string,
    readonly remedy: string,
    options: { cause?: unknown } = {},
  ) {
    super(`device ${device} cannot be used: ${reason}; ${remedy}`, options);
  }
}

/** A copy between tensors of different element types or sizes. */
export class TensorCopyError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly from: string,
    readonly to: string,
  ) {
    super(`a copy needs equal element types and counts; copied from ${from} to ${to}`);
  }
}

/** A view was asked for that begins inside device memory, on a device whose tensors begin where their memory begins. */
export class DeviceViewError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly device: string,
    readonly firstRow: number,
  ) {
    super(
      `a view of a tensor on ${device} must begin at row 0, not ${firstRow}; copy the rows to a tensor of their own`,
    );
  }
}
