import { TesseraError } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { EngineUnusableError } from './errors.js';
import { FailureStreak } from './failure-streak.js';

class EngineFailure extends TesseraError {
  readonly code = 'engine_failed';
}
class BadImage extends TesseraError {
  readonly code = 'image_unreadable';
}

describe('FailureStreak', () => {
  it('ends the run at as many failures of the engine in a row as its limit', () => {
    const streak = new FailureStreak(3);
    streak.add(new EngineFailure('a'));
    streak.add(new BadImage('b'));
    streak.add(new EngineFailure('c'));
    expect(() => streak.add(new EngineFailure('no memory'))).toThrow(EngineUnusableError);
    expect(() => streak.add(new EngineFailure('no memory'))).toThrow('last with: no memory');
  });

  it('begins anew after an answer', () => {
    const streak = new FailureStreak(2);
    streak.add(new EngineFailure('a'));
    streak.end();
    expect(() => streak.add(new EngineFailure('b'))).not.toThrow();
  });

  it('is never ended by bad images', () => {
    const streak = new FailureStreak(2);
    for (let count = 0; count < 10; count += 1) expect(() => streak.add(new BadImage('x'))).not.toThrow();
  });
});
