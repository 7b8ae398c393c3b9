import { describe, expect, it } from 'vitest';
import { Admission } from './admission.js';

const never = (): AbortSignal => new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Rows that have a place, by what gives it back. */
function admitRows(admission: Admission, count: number): (() => void)[] {
  const admitted: (() => void)[] = [];
  for (let row = 0; row < count; row++)
    void admission.admitRow('chunk', never()).then((leave) => admitted.push(leave));
  return admitted;
}

describe('Admission', () => {
  it('keeps one of its places from rows', async () => {
    const admission = new Admission({ slotCount: 2 });
    const rows = admitRows(admission, 20);
    await turn();
    expect([admission.places, rows.length]).toEqual([6, 5]);
  });

  it('lets any number of jobs begin at once among a full load of rows, and no row until these leave room', async () => {
    const admission = new Admission({ slotCount: 2 });
    const rows = admitRows(admission, 20);
    await turn();
    const ends: (() => void)[] = [];
    const jobs = Array.from({ length: 3 }, () =>
      admission.runJob(() => new Promise<void>((resolve) => ends.push(resolve))),
    );
    await turn();
    expect(ends).toHaveLength(3);
    for (const leave of rows.splice(0, 3)) leave();
    await turn();
    expect(rows).toHaveLength(2);
    for (const end of ends) end();
    await Promise.all(jobs);
    await turn();
    expect(rows).toHaveLength(5);
  });

  it('gives no place to a row whose chunk was stopped while it waited', async () => {
    const admission = new Admission({ slotCount: 1 });
    const rows = admitRows(admission, 4);
    const controller = new AbortController();
    const waiting = admission.admitRow('chunk', controller.signal);
    controller.abort(new Error('the batch ends early'));
    await expect(waiting).rejects.toThrow('the batch ends early');
    rows[0]?.();
    await turn();
    expect(await admission.admitRow('chunk', never())).toBeTypeOf('function');
  });
});
