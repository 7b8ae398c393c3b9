import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCaptionOptions, type CaptionOptions } from './caption-options.js';

function parse(...words: string[]): CaptionOptions {
  const command = addCaptionOptions(new Command('caption').argument('<source>'));
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action(() => {});
  command.parse(['source', ...words], { from: 'user' });
  return command.opts<CaptionOptions>();
}

const needed = ['-q', 'a', '-o', 'out.jsonl'];

describe('options of caption', () => {
  it('take several prompts, names of columns, shares and extensions', () => {
    const words = ['-q', 'b', '--prompt-file', 'f', '--columns', 'x, y', '--sample', '1.5%'];
    expect(parse(...needed, ...words)).toMatchObject({
      question: ['a', 'b'],
      promptFile: ['f'],
      columns: ['x', 'y'],
      sample: 0.015,
      timings: true,
      cache: true,
      onExisting: 'skip',
    });
    expect(parse(...needed, '--columns', '', '--sample', '.5', '--no-timings')).toMatchObject({
      columns: [],
      sample: 0.5,
      timings: false,
    });
    const sidecar = ['-o', 'out', '--output-form', 'sidecar', '--caption-extension', 'caption'];
    expect(parse('-q', 'a', ...sidecar).captionExtension).toBe('.caption');
    expect(parse('-q', 'a', '--dry-run').output).toBeUndefined();
  });

  it.each([
    [['-o', 'out.jsonl'], "'-q, --question <prompt>' or '--prompt-file <file>' is needed"],
    [['-q', 'a'], "required option '-o, --output <out>' not specified"],
    [[...needed, '--sample', '0'], 'above 0 and at most 1'],
    [[...needed, '--sample', '2'], 'above 0 and at most 1'],
    [[...needed, '--sample', '1e-2'], 'above 0 and at most 1'],
    [[...needed, '--limit', '0'], 'from 1'],
    [[...needed, '--caption-extension', '../x'], 'letters, digits'],
    [[...needed, '--caption-extension', '.txt'], 'goes with --output-form sidecar'],
    [[...needed, '--on-existing', 'append'], 'goes with --output-form sidecar'],
    [[...needed, '--upload-urls'], 'goes with --url'],
    [[...needed, '--output-form', 'xml'], 'Allowed choices are'],
  ])('%j are refused: %s', (words, message) => {
    expect(() => parse(...words)).toThrow(message);
  });
});
