import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitStatusOf, InterruptedError } from './exit-status.js';

const failure = new Error('no answer', { cause: new Error('connection refused') });

describe('exitStatusOf', () => {
  it('is 1 and one line for a failure', () => {
    expect(exitStatusOf(failure, { debug: false })).toEqual({ exitCode: 1, message: 'tessera: no answer' });
  });

  it('adds stack and cause when debugging', () => {
    const { message } = exitStatusOf(failure, { debug: true });
    expect(message).toMatch(/no answer\n +at /);
    expect(message).toContain('caused by: Error: connection refused');
  });

  it('is 2 for arguments that cannot be used, 0 for help, 130 after Ctrl-C', () => {
    const usage = new CommanderError(1, 'commander.unknownOption', 'unknown option');
    const help = new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)');
    expect(exitStatusOf(usage, { debug: false })).toEqual({ exitCode: 2, message: undefined });
    expect(exitStatusOf(help, { debug: false })).toEqual({ exitCode: 0, message: undefined });
    expect(exitStatusOf(new InterruptedError(), { debug: false })).toEqual({
      exitCode: 130,
      message: undefined,
    });
  });
});
