import { parseArgs } from 'node:util';
import { BatchBench } from '../../test/integration/batches/batch-bench.js';
import { QueueBench } from '../../test/integration/queue/queue-bench.js';
import { describeMachine, median, printTable, RUNS } from '../measure.js';
import { batchRows, jobs, rawBullmq, type Throughput } from './peers.js';

/** Submissions and completions a second with an engine that takes no time, beside BullMQ alone on the same Redis. */
const { values: options } = parseArgs({ options: { count: { type: 'string', default: '5000' } } });
const count = Number(options.count);

const queueBench = await QueueBench.start();
const { url } = queueBench.testRedis;
const batchBench = BatchBench.on(url);
const peers: readonly { name: string; run: () => Promise<Throughput> }[] = [
  { name: 'BullMQ alone', run: () => rawBullmq(url, count) },
  { name: 'jobs', run: () => jobs(queueBench, count) },
  { name: 'rows of a batch', run: () => batchRows(batchBench, count) },
];
const results = peers.map(({ name }) => ({ name, submitted: [] as number[], completed: [] as number[] }));
// In turn, so that whatever else the machine does meets all of them.
for (let run = 0; run < RUNS; run++) {
  for (const [index, peer] of peers.entries()) {
    const { submittedMs, completedMs } = await peer.run();
    results[index]?.submitted.push(count / (submittedMs / 1000));
    results[index]?.completed.push(count / (completedMs / 1000));
  }
}
await queueBench.stop();

const [raw] = results;
if (raw === undefined) throw new Error('nothing was measured');
const rate = (values: readonly number[]): number => Math.round(median(values));
const share = (values: readonly number[], of: readonly number[]): string =>
  `${Math.round((100 * median(values)) / median(of))} %`;
console.log(`${describeMachine()}; ${count} each, medians of ${RUNS} runs\n`);
printTable(
  ['', 'submitted/s', 'of BullMQ', 'submitted and done/s', 'of BullMQ'],
  results.map(({ name, submitted, completed }) => [
    name,
    rate(submitted),
    share(submitted, raw.submitted),
    rate(completed),
    share(completed, raw.completed),
  ]),
);
