import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BatchBench } from '../../test/integration/batches/batch-bench.js';
import { QueueBench } from '../../test/integration/queue/queue-bench.js';
import { describeMachine, printTable } from '../measure.js';
import { runBatches, runJobs } from './loads.js';
import { sharePlot } from './share-plot.js';
import { type Party, type Timeline } from './timeline.js';

/** How long owners with little work wait for those with much, and who gets how much of a worker over time. */
const { values: options } = parseArgs({
  options: {
    largest: { type: 'string', default: '100000' },
    'engine-ms': { type: 'string', default: '2' },
    slots: { type: 'string', default: '8' },
    /** Folder for the plots. */
    out: { type: 'string', default: 'bench/fairness' },
  },
});
const largest = Number(options.largest);
const engine = { rowMs: Number(options['engine-ms']), slots: Number(options.slots) };

/** The small ones come while the large one is worked on. */
const THREE_KEYS: readonly Party[] = [
  { ownerId: 'large', rows: largest, weight: 1, comesAfter: 0 },
  { ownerId: 'middle', rows: Math.ceil(largest / 100), weight: 1, comesAfter: Math.ceil(largest / 20) },
  { ownerId: 'single', rows: 1, weight: 1, comesAfter: Math.ceil(largest / 20) + Math.ceil(largest / 200) },
];
const TWO_WEIGHTS: readonly Party[] = [
  { ownerId: 'one', rows: Math.ceil(largest / 10), weight: 1, comesAfter: 0 },
  { ownerId: 'three', rows: Math.ceil(largest / 10), weight: 3, comesAfter: 0 },
];

const queueBench = await QueueBench.start();
const batchBench = BatchBench.on(queueBench.testRedis.url);
const cases: readonly { name: string; title: string; run: () => Promise<Timeline> }[] = [
  { name: 'jobs', title: 'Jobs of three keys', run: () => runJobs(queueBench, THREE_KEYS, engine) },
  {
    name: 'jobs-weights',
    title: 'Jobs, weights 1 and 3',
    run: () => runJobs(queueBench, TWO_WEIGHTS, engine),
  },
  { name: 'rows', title: 'Batches of three keys', run: () => runBatches(batchBench, THREE_KEYS, engine) },
  {
    name: 'rows-weights',
    title: 'Batches, weights 1 and 3',
    run: () => runBatches(batchBench, TWO_WEIGHTS, engine),
  },
];

const milliseconds = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
console.log(`${describeMachine()}; ${engine.slots} slots, ${engine.rowMs} ms a row\n`);
for (const { name, title, run } of cases) {
  const timeline = await run();
  console.log(`${title}\n`);
  printTable(
    [
      'key',
      'rows',
      'weight',
      'first row waited',
      'rows begun before it',
      'all begun after',
      'share meanwhile',
    ],
    timeline.parties.map((party) => {
      const { ownerId, rows, weight, firstWaitMs, begunBefore, allBegunMs, share } =
        timeline.outcomeOf(party);
      const [wait, all] = [milliseconds(firstWaitMs), milliseconds(allBegunMs)];
      return [ownerId, rows, weight, wait, begunBefore, all, `${(100 * share).toFixed(0)} %`];
    }),
  );
  await writeFile(path.join(options.out, `shares-${name}.svg`), sharePlot(title, timeline));
}
await queueBench.stop();
