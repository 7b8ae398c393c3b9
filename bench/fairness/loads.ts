import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { answered, type BatchBench, inputLines } from '../../test/integration/batches/batch-bench.js';
import { answer, newRecord, type QueueBench } from '../../test/integration/queue/queue-bench.js';
import { type Party, Timeline } from './timeline.js';

/** Submissions under way at a time, as from the requests of many clients. */
const SUBMITTERS = 32;

/** An engine that takes the same time for every row. */
export interface Engine {
  readonly slots: number;
  readonly rowMs: number;
}

/** Submits what parties have as they come: the first before anything can begin, the others while it is worked on. */
async function letCome(
  timeline: Timeline,
  submit: (party: Party) => Promise<unknown>,
  startWorker: () => Promise<unknown>,
): Promise<void> {
  const come = async (party: Party): Promise<void> => {
    await timeline.whenBegun(party.comesAfter);
    timeline.comes(party);
    await submit(party);
    timeline.hasCome(party);
  };
  await Promise.all(timeline.parties.filter(({ comesAfter }) => comesAfter === 0).map(come));
  await startWorker();
  await Promise.all(timeline.parties.filter(({ comesAfter }) => comesAfter > 0).map(come));
  await timeline.whenAllBegun();
}

/** Every row is a job. */
export async function runJobs(
  bench: QueueBench,
  parties: readonly Party[],
  engine: Engine,
): Promise<Timeline> {
  const timeline = new Timeline(parties);
  const connection = bench.newConnection();
  const store = await bench.store(connection, { maxWaitingJobs: Infinity });
  const limit = pLimit(SUBMITTERS);
  const submit = ({ ownerId, weight, rows }: Party): Promise<unknown> =>
    Promise.all(
      Array.from({ length: rows }, () =>
        limit(() => store.createJob({ record: newRecord({ ownerId, weight }), priority: 'normal' })),
      ),
    );
  await letCome(timeline, submit, () =>
    bench.consumer(connection, {
      concurrency: engine.slots,
      handle: async ({ record }) => {
        timeline.begin(record.ownerId);
        if (engine.rowMs > 0) await delay(engine.rowMs);
        return { kind: 'completed', answer };
      },
    }),
  );
  await bench.closeAll();
  return timeline;
}

/** Every party has a Batch. */
export async function runBatches(
  bench: BatchBench,
  parties: readonly Party[],
  engine: Engine,
): Promise<Timeline> {
  const timeline = new Timeline(parties);
  const system = await bench.system();
  const submit = ({ ownerId, weight, rows }: Party): Promise<unknown> =>
    system.submit(inputLines(rows), { ownerId, weight });
  await letCome(timeline, submit, () =>
    system.startWorker(async ({ ownerId }) => {
      timeline.begin(ownerId);
      if (engine.rowMs > 0) await delay(engine.rowMs);
      return answered();
    }, engine.slots),
  );
  await bench.closeAll();
  return timeline;
}
