import { TesseraError } from '@tessera/contracts';

/** Another program listens where the API shall. */
export class PortInUseError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly host: string,
    readonly port: number,
    options: { cause?: unknown } = {},
  ) {
    super(
      `port ${port} of ${host} is in use by another program. Stop that program, or choose another port: ` +
        `set PORT (PORT=${port + 1} npm start) or give --port ${port + 1}`,
      options,
    );
  }
}

/** The address that the API shall listen on cannot be used for another reason. */
export class ListenAddressError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly host: string,
    readonly port: number,
    options: { cause: Error },
  ) {
    super(`cannot listen on HOST ${host}, PORT ${port}: ${options.cause.message}`, options);
  }
}

/** Another `tessera up` works in the data folder. */
export class AlreadyUpError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly dataDirectory: string,
    readonly pid: number,
    options: { cause?: unknown } = {},
  ) {
    super(
      `tessera is already up in ${dataDirectory}: process ${pid}. Stop that one first, or give this one a data ` +
        'folder of its own: set TESSERA_DATA_DIR or give --data-dir',
      options,
    );
  }
}

/** A process ended before it was ready. */
export class ServiceExitedError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly service: string,
    readonly exit: string,
    /** What it said last. */
    readonly logTail: readonly string[],
  ) {
    super([`${service} ${exit} before it was ready`, ...logTail.map((line) => `  ${line}`)].join('\n'));
  }
}

/** A service could not be brought up at all. */
export class ServiceStartError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly service: string,
    readonly attempts: number,
    options: { cause: unknown },
  ) {
    const { cause } = options;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${service} did not start in ${attempts} attempts: ${reason}`, options);
  }
}
