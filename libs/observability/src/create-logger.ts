import { type DestinationStream, pino } from 'pino';
import { currentLogContext } from './log-context.js';
import { redactLine } from './redact-line.js';

/** A pino logger; within {@link withLogContext} its lines say which request and job they are about. */
export type Logger = pino.Logger;

export interface LoggerOptions {
  /** Process that writes: `api`, `worker`, `dispatcher`. */
  name: string;
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Where lines go; absent: standard output. */
  destination?: DestinationStream;
}

const SECRET_FIELDS = ['authorization', 'cookie', 'password', 'secret', 'adminKey', 'apiKey'];
const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/** Makes the logger of a process: one JSON object a line, times in ISO 8601, secrets blanked out. */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      name,
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      // A field that the line names itself goes before that of its context.
      mixin: () => ({ ...currentLogContext() }),
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      hooks: { streamWrite: redactLine },
    },
    // Synchronous writes: the line that explains a crash must be out before the process is.
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
