import { type Logger } from './create-logger.js';

/** Nest's `LoggerService`, by shape, so that this library needs no Nest. */
export interface NestLoggerService {
  log(message: unknown, ...details: unknown[]): void;
  error(message: unknown, ...details: unknown[]): void;
  warn(message: unknown, ...details: unknown[]): void;
  debug(message: unknown, ...details: unknown[]): void;
  verbose(message: unknown, ...details: unknown[]): void;
  fatal(message: unknown, ...details: unknown[]): void;
}

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/**
 * Writes Nest's own messages to `logger`. Nest's `log` lines tell of routes and modules at boot, so they are `debug`
 * here; its errors and warnings keep their level.
 */
export function toNestLogger(logger: Logger): NestLoggerService {
  const writer =
    (level: Level) =>
    (message: unknown, ...details: unknown[]) =>
      write(logger, level, message, details);
  return {
    log: writer('debug'),
    error: writer('error'),
    warn: writer('warn'),
    debug: writer('debug'),
    verbose: writer('trace'),
    fatal: writer('fatal'),
  };
}

/** Nest passes the context last, and an error's stack before it. */
function write(logger: Logger, level: Level, message: unknown, details: unknown[]): void {
  const context = details.at(-1);
  const others = details.slice(0, -1);
  const fields = {
    ...(typeof context === 'string' ? { context } : {}),
    ...(others.length > 0 ? { details: others } : {}),
  };
  if (message instanceof Error) logger[level]({ ...fields, err: message }, message.message);
  else if (typeof message === 'string') logger[level](fields, message);
  else logger[level]({ ...fields, message }, 'Nest');
}
