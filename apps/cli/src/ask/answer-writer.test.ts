import { describe, expect, it } from 'vitest';
import { AnswerWriter } from './answer-writer.js';

function write(use: (writer: AnswerWriter) => void): string[] {
  const written: string[] = [];
  use(new AnswerWriter((text) => void written.push(text)));
  return written;
}

describe('AnswerWriter', () => {
  it('writes text as it comes, and the final text in all', () => {
    const written = write((writer) => {
      for (const delta of [' ', ' A', ' red', ' ', '\n', 'cross.', ' \n']) writer.push(delta);
      writer.end('A red \ncross.');
    });
    expect(written).toEqual(['A', ' red', ' \ncross.', '\n']);
  });

  it('adds at the end what the stream did not bring', () => {
    const written = write((writer) => {
      writer.push('A red');
      writer.end('A red cross.');
    });
    expect(written.join('')).toBe('A red cross.\n');
  });

  it('begins a new line when the answer begins anew', () => {
    const written = write((writer) => {
      writer.push('A re');
      writer.restart();
      writer.push('A red cross.');
      writer.end('A red cross.');
    });
    expect(written.join('')).toBe('A re\nA red cross.\n');
  });

  it('ends an empty answer with a newline', () => {
    expect(write((writer) => writer.end(''))).toEqual(['\n']);
  });
});
