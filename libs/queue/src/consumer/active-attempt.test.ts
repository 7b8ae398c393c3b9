import { describe, expect, it } from 'vitest';
import { ActiveAttempt } from './active-attempt.js';
import { type AttemptScripts } from './attempt-scripts.js';

const unused = (): Promise<never> => Promise.reject(new Error('nothing is written in this test'));
const scripts: AttemptScripts = {
  start: unused,
  complete: unused,
  fail: unused,
  release: unused,
  appendText: unused,
};
const newAttempt = () => new ActiveAttempt({ entryId: 'entry', lockToken: 'lock' }, scripts);

describe('an attempt whose job is not known yet', () => {
  it('is aborted by what came for the job before Redis had said which it is', () => {
    const attempt = newAttempt();
    attempt.abortJob('job_1', 'cancelled');
    attempt.abortJob('job_2', 'expired');
    expect(attempt.signal.aborted).toBe(false);
    attempt.setJob('job_2');
    expect(attempt.abortReason).toBe('expired');
  });

  it('goes on when that was for other jobs', () => {
    const attempt = newAttempt();
    attempt.abortJob('job_1', 'cancelled');
    attempt.setJob('job_2');
    attempt.abortJob('job_1', 'cancelled');
    expect(attempt.signal.aborted).toBe(false);
    attempt.abortJob('job_2', 'cancelled');
    expect(attempt.abortReason).toBe('cancelled');
  });

  it('is looked after again when messages may have been lost meanwhile', () => {
    const attempt = newAttempt();
    attempt.recheckLater();
    expect(attempt.setJob('job_1')).toEqual({ needsRecheck: true });
    expect(newAttempt().setJob('job_1')).toEqual({ needsRecheck: false });
  });
});
