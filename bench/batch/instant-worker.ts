import { parseArgs } from 'node:util';
import { runChunk } from '@tessera/batches';
import { type RowAnswer, type ServedModel } from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import { startChunkConsumer, startJobConsumer, Turns } from '@tessera/queue';
import { stopWithParent } from '@tessera/processes';
import { openFolderStore } from '@tessera/storage';

/** A worker whose engine takes no time: everything but the model. */
const { values: options } = parseArgs({
  options: {
    redis: { type: 'string', default: '' },
    prefix: { type: 'string', default: 'tessera' },
    store: { type: 'string', default: '' },
    model: { type: 'string', default: '' },
  },
});
const LOCK_MS = 30_000;

const answer: RowAnswer = {
  kind: 'answered',
  completion: {
    id: 'chatcmpl-0',
    object: 'chat.completion',
    created: 0,
    model: options.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'A red circle beside a blue square.', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 300, completion_tokens: 9, total_tokens: 309 },
  },
  tokens: { input: 300, cached: 0, output: 9 },
};

stopWithParent(() => process.exit(0));
const connection = { url: options.redis, prefix: options.prefix };
const logger = createLogger({ name: 'instant-worker', level: 'warn' });
const objectStore = await openFolderStore(options.store);
const turns = new Turns();
const model: ServedModel = {
  ...{ id: options.model, revision: 'instant', contextTokens: 4096, tokensPerTile: 256, tileSizePixels: 448 },
  ...{ defaultMaxTiles: 12, precision: 'fp32', device: 'cpu', slotCount: 8 },
};
const shared = { connection, model, lockDurationMs: LOCK_MS, logger, turns };
await startJobConsumer({
  ...shared,
  concurrency: 1,
  handle: () => Promise.reject(new Error('this worker answers batches only')),
});
await startChunkConsumer({
  ...shared,
  concurrency: 5,
  handle: (attempt) =>
    runChunk(attempt, {
      objectStore,
      answerRow: async () => answer,
      admit: async () => () => undefined,
      whileStoreIsAway: (work) => work(),
    }),
});
