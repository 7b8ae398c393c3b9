import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createStatusLine } from './status-line.js';

function capture(screen: { isTTY?: boolean; columns?: number; rows?: number }) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), screen);
  // As far as a status line uses it, this is a terminal.
  const status = createStatusLine(stream as unknown as NodeJS.WriteStream);
  return { status, written: () => String(stream.read() ?? '') };
}

describe('createStatusLine', () => {
  it('draws the status of a terminal over the one before, and keeps messages', () => {
    const { status, written } = capture({ isTTY: true, columns: 80, rows: 24 });
    status.update('first');
    status.update('second');
    status.print('message');
    status.clear();
    const text = written();
    expect(text).toMatch(/first[^]*\u001B\[2K[^]*second[^]*\u001B\[2K[^]*message\n$/);
  });

  it.each([
    ['where there is no terminal', {}],
    ['on a terminal without a size', { isTTY: true, columns: 0, rows: 0 }],
  ])('writes messages as plain lines, and a status only every few seconds, %s', (_, screen) => {
    const { status, written } = capture(screen);
    for (let done = 0; done < 100; done += 1) status.update(`${done}/100`);
    status.print('message');
    status.clear();
    expect(written()).toBe('message\n');
  });
});
