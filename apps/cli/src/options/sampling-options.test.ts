import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addSamplingOptions, type SamplingOptions, toSampling } from './sampling-options.js';

/** What the options become, or what is said of them. */
function parse(...words: string[]): unknown {
  let result: unknown;
  const command = addSamplingOptions(new Command('ask'))
    .option('--url <url>')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action((options: SamplingOptions) => {
      result = toSampling(options);
    });
  try {
    command.parse(words, { from: 'user' });
    return result;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('sampling options', () => {
  it('leave an answer greedy when there are none', () => {
    expect(parse()).toEqual({});
  });

  it('become the sampling of a request', () => {
    expect(parse('--temperature', '0.7', '--top-p', '.9', '--top-k', '40', '--seed', '7')).toEqual({
      sampling: { temperature: 0.7, topP: 0.9, topK: 40, seed: 7 },
    });
    expect(parse('--stop', '\n', '--stop', 'END')).toEqual({ stop: ['\n', 'END'] });
    expect(parse('--temperature', '0', '--stop', '.')).toEqual({ sampling: { temperature: 0 }, stop: ['.'] });
  });

  it.each([
    [['--temperature', '3'], 'It must be a number from 0 to 2.'],
    [['--top-p', '1.5'], 'It must be a number from 0 to 1.'],
    [['--top-k', '0'], 'It must be a whole number from 1 to'],
    [['--seed', '-1'], 'It must be a whole number from 0 to'],
    [['--stop', ''], 'It must have 1 to 1000 characters.'],
    [['a', 'b', 'c', 'd', 'e'].flatMap((text) => ['--stop', text]), 'There may be 4 of them.'],
    [['--seed', '7'], '--seed goes with a --temperature above 0; at 0 nothing is drawn'],
    [['--temperature', '0', '--top-p', '0.5'], '--top-p goes with a --temperature above 0'],
    [['--stop', 'x', '--url', 'http://a'], '--stop goes with a model in this process; with --url'],
    [['--temperature', '1', '--url', 'http://a'], '--temperature goes with a model in this process'],
  ])('refuse %j, saying why', (words, message) => {
    expect(parse(...words)).toContain(message);
  });
});
