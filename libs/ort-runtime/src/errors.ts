import { TesseraError } from '@tessera/contracts';

/** The build does not exist for this platform. */
export class RuntimePlatformError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly device: string,
    readonly platform: string,
    readonly offered: readonly string[],
  ) {
    super(
      `ONNX Runtime for ${device} can be installed on ${offered.join(' and ')}, not on ${platform}; ` +
        'use TESSERA_DEVICE=cpu or webgpu here',
    );
  }
}

/** The index has no such wheel. */
export class WheelNotListedError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly address: string,
    readonly fileName: string,
    readonly reason: string,
  ) {
    super(
      `${address} does not offer ${fileName}: ${reason}; name another index with --index-url, or get the file ` +
        'elsewhere and give its folder with --from',
    );
  }
}

/** The index lists a file of this name with other content than the one that is pinned. */
export class ListedChecksumError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly address: string,
    readonly fileName: string,
    readonly expected: string,
    readonly given: string,
  ) {
    super(
      `${address} lists ${fileName} with sha256 ${given}, pinned is ${expected}; nothing was downloaded. ` +
        'Name another index with --index-url',
    );
  }
}

/** A folder given with `--from` does not hold all wheels. */
export class WheelsMissingError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly folder: string,
    readonly fileNames: readonly string[],
  ) {
    super(
      `${folder} must hold every wheel under its own name; ${fileNames.length} are not there: ${fileNames.join(', ')}`,
    );
  }
}

/** A wheel of a folder given with `--from` has other content than the one that is pinned. */
export class WheelDamagedError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly file: string,
    readonly expected: string,
    readonly given: string,
  ) {
    super(`${file} is not the wheel that is pinned: expected ${expected}, given ${given}; download it again`);
  }
}

/** A wheel is no zip file that can be read, or does not hold what it should. Its checksum was right. */
export class WheelContentError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly fileName: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${fileName} cannot be unpacked: ${reason}; nothing was installed`, options);
  }
}

/** Another process installs into the same folder. */
export class InstallUnderWayError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly directory: string,
    readonly processId: number,
    options: { cause?: unknown } = {},
  ) {
    super(
      `process ${processId} is installing into ${directory}; wait for it, or choose another folder`,
      options,
    );
  }
}
