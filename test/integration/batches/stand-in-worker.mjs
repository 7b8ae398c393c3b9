// A worker of chunks without a model: answers every row, tells of each, and dies over rows called "poison".
import { runChunk } from '@tessera/batches';
import { createLogger } from '@tessera/observability';
import { startChunkConsumer, Turns } from '@tessera/queue';
import { openFolderStore } from '@tessera/storage';

const [url, prefix, model, storeDirectory, rowMs] = process.argv.slice(2);
const objectStore = await openFolderStore(storeDirectory);
let runningCount = 0;

async function answerRow({ customId }) {
  runningCount += 1;
  try {
    if (customId === 'poison') {
      process.send?.({ diedBeside: runningCount - 1 }, () => process.kill(process.pid, 'SIGKILL'));
      await new Promise(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, Number(rowMs)));
    process.send?.({ answered: customId });
    return {
      kind: 'answered',
      completion: { object: 'chat.completion' },
      tokens: { input: 1, cached: 0, output: 1 },
    };
  } finally {
    runningCount -= 1;
  }
}

await startChunkConsumer({
  connection: { url, prefix },
  model: { id: model },
  concurrency: 3,
  lockDurationMs: 400,
  logger: createLogger({ name: 'stand-in', level: 'silent' }),
  turns: new Turns(),
  handle: (attempt) =>
    runChunk(attempt, {
      objectStore,
      answerRow,
      admit: async () => () => undefined,
      whileStoreIsAway: (work) => work(),
    }),
});
