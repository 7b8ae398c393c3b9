import { TesseraError } from '@tessera/contracts';

/** No Redis server that is new enough, and no way to get one without the operator. */
export class RedisServerMissingError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    /** What was tried, and why it did not do. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(
      `Tessera needs Redis 6.2 or newer (or Valkey) and could not get one: ${reason}. Install the package ` +
        '"redis-server" or "valkey" so that the command is on PATH, or set REDIS_URL to a running server.',
      options,
    );
  }
}

/** The server ended, or did not answer, before it was ready. */
export class RedisServerStartError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly reason: string,
    /** The last lines that the server logged. */
    readonly logTail: string,
    options: { cause?: unknown } = {},
  ) {
    super(
      `the private Redis server did not start: ${reason}${logTail === '' ? '' : `\n${logTail}`}`,
      options,
    );
  }
}

/** A live server of another live program works in this folder. */
export class RedisDirectoryInUseError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly directory: string,
    /** Undefined while its server is being started. */
    readonly serverPid: number | undefined,
    readonly ownerPid: number,
  ) {
    super(
      `${directory} is in use by ${serverPid === undefined ? 'a Redis' : `Redis process ${serverPid}`}, ` +
        `started by process ${ownerPid}; stop that one first, or give this one a data folder of its own (TESSERA_DATA_DIR)`,
    );
  }
}

/** The Redis that REDIS_URL names does not answer or is too old. */
export class RedisUnusableError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    /** Host and port. */
    readonly place: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the Redis at ${place} (REDIS_URL) cannot be used: ${reason}`, options);
  }
}
