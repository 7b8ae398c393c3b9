// A run over a list with an instant asker, in a process of its own: `node instant-run.mjs OPTIONS`, which are JSON.
import { appendFileSync } from 'node:fs';
import {
  newRunFacts,
  openOutputOf,
  openOutputRoom,
  openSource,
  parsePrompt,
  ResultCache,
  runDataset,
} from '@tessera/datasets';

/** Answers between two looks at the memory. */
const ANSWERS_A_LOOK = 2_000;

const options = JSON.parse(process.argv[2]);
const { source: sourceUri, output: outputUri, scratchFolder, cacheFolder, askedLog, killAt } = options;
const memory = [];
let asked = 0;

const asker = {
  model: { id: 'instant', revision: 'r1' },
  concurrency: options.concurrency,
  takesUrls: false,
  read: async (place) => Buffer.from(place.path),
  ask: async ({ image, prompt }) => {
    const text = Buffer.from(image.bytes).toString();
    asked += 1;
    appendFileSync(askedLog, `${text}\n`);
    if (asked === killAt) process.kill(process.pid, 'SIGKILL');
    if (asked % ANSWERS_A_LOOK === 0) memory.push(usedBytes());
    return {
      kind: 'completed',
      caption: `${prompt} ${text.slice(text.lastIndexOf('/') + 1)}`,
      finishReason: 'stop',
      width: 4,
      height: 3,
      tiles: 2,
      promptTokens: 10,
      completionTokens: 5,
      timings: null,
      model: asker.model,
    };
  },
};

/** What is still in use, once what is not has been collected. */
function usedBytes() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { used: heapUsed + arrayBuffers, rss };
}

const cache =
  cacheFolder === undefined
    ? undefined
    : new ResultCache({
        folder: cacheFolder,
        maxBytes: 1e9,
        onFailure: (error) => {
          throw error;
        },
      });
const outputOptions = { carried: [], omitVolatile: true };
const facts = newRunFacts();
const room = await openOutputRoom(outputUri, outputOptions);
await runDataset({
  source: await openSource(sourceUri, { buckets: {} }),
  output: await openOutputOf(room, outputOptions),
  state: room.state,
  prompts: [parsePrompt('What is it?')],
  asker,
  parameters: {},
  carried: [],
  keepShardNames: false,
  needsImages: false,
  shardRows: options.shardRows,
  cache,
  scratchFolder,
  facts,
  abort: new AbortController(),
});
await cache?.close();
process.send({ facts: { ...facts, failuresByCode: [...facts.failuresByCode] }, memory });
process.disconnect();
