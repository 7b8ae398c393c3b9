const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
type Level = (typeof SEVERITIES)[number];

/** A child's log line, for a person. */
export interface ReadableLine {
  readonly level: Level;
  readonly text: string;
}

interface LogEntry {
  readonly level: Level;
  readonly time: string;
  readonly msg: string;
  readonly err?: { readonly message?: unknown };
}

/**
 * Shortens a JSON log line to time, process, level and message. What is no log line (a crash of the runtime, a native
 * library) is passed on whole, as a warning.
 */
export function formatLogLine(process: string, line: string): ReadableLine {
  const entry = parseEntry(line);
  if (entry === undefined) return { level: 'warn', text: `${process}: ${line}` };
  const cause =
    typeof entry.err?.message === 'string' && entry.err.message !== entry.msg ? `: ${entry.err.message}` : '';
  return {
    level: entry.level,
    text: `${clockTime(entry.time)} ${process} ${entry.level}: ${entry.msg}${cause}`,
  };
}

/** Whether `level` is at least as severe as `least`. */
export function isAtLeast(level: Level, least: Level): boolean {
  return SEVERITIES.indexOf(level) >= SEVERITIES.indexOf(least);
}

function parseEntry(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, time, msg, err } = JSON.parse(line) as Partial<Record<keyof LogEntry, unknown>>;
    const known = SEVERITIES.find((name) => name === level);
    if (known === undefined || typeof time !== 'string') return undefined;
    return {
      level: known,
      time,
      msg: typeof msg === 'string' ? msg : '',
      ...(typeof err === 'object' && err !== null ? { err } : {}),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function clockTime(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toTimeString().slice(0, 8);
}
