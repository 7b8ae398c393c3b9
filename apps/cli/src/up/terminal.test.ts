import { expect, it } from 'vitest';
import { Terminal } from './terminal.js';

function recordingStream(facts: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  return { stream: { ...facts, write: (text: string) => written.push(text) }, written };
}

it('prints nothing but lines where there is no terminal', () => {
  const { stream, written } = recordingStream({});
  const terminal = new Terminal(stream);
  terminal.wait(() => 'waiting for api');
  terminal.print('redis is ready');
  terminal.settle();
  expect(written).toEqual(['redis is ready\n']);
});

it('keeps the moving line below what is printed, and within the width', () => {
  const { stream, written } = recordingStream({ isTTY: true, columns: 12 });
  const terminal = new Terminal(stream);
  terminal.wait(() => 'waiting for api');
  terminal.print('redis is ready');
  terminal.settle();
  expect(written).toEqual([
    expect.stringMatching(/\r\x1b\[K. waiting f$/u),
    '\r\x1b[Kredis is ready\n',
    expect.stringMatching(/\r\x1b\[K. waiting f$/u),
    '\r\x1b[K',
  ]);
});
