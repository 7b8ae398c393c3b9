import { describe, expect, it } from 'vitest';
import { formatLogLine, isAtLeast } from './format-log-line.js';

describe('formatLogLine', () => {
  it('keeps time, process, level, message and cause of a log line', () => {
    const time = new Date(2026, 0, 2, 3, 4, 5).toISOString();
    const line = JSON.stringify({
      level: 'error',
      time,
      pid: 1,
      msg: 'no answer',
      err: { message: 'timed out' },
    });
    expect(formatLogLine('worker', line)).toEqual({
      level: 'error',
      text: '03:04:05 worker error: no answer: timed out',
    });
  });

  it('does not say the same twice when the message is that of the error', () => {
    const line = JSON.stringify({ level: 'warn', time: '', msg: 'timed out', err: { message: 'timed out' } });
    expect(formatLogLine('api', line).text).toMatch(/warn: timed out$/);
  });

  it.each(['free(): invalid pointer', '{"level":', '{"level":30,"msg":"numbered"}', '[1]', '{}'])(
    'passes on %j, which is no log line, as a warning',
    (line) => {
      expect(formatLogLine('worker', line)).toEqual({ level: 'warn', text: `worker: ${line}` });
    },
  );
});

describe('isAtLeast', () => {
  it('orders the levels', () => {
    expect(isAtLeast('fatal', 'warn')).toBe(true);
    expect(isAtLeast('warn', 'warn')).toBe(true);
    expect(isAtLeast('info', 'warn')).toBe(false);
  });
});
