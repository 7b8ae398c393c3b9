// A worker without a model: answers every job of the queue, and dies over the one whose metadata say so.
import { createLogger } from '@tessera/observability';
import { startJobConsumer } from '@tessera/queue';

const [url, prefix, model, answer] = process.argv.slice(2);
/** Long enough that all that run together are under way when the poison takes effect. */
const ANSWER_MS = 60;
let activeCount = 0;
let waiting = [];

/** Resolves when so many attempts are under way, or what there is has had time to begin. */
async function untilActive(count) {
  const late = new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  await Promise.race([late, new Promise((resolve) => waiting.push({ count, resolve }))]);
}

async function handle({ record }) {
  activeCount += 1;
  waiting = waiting.filter(({ count, resolve }) => activeCount < count || resolve());
  try {
    if (record.metadata.poison === 'yes') {
      await untilActive(8);
      process.send?.({ diedBeside: activeCount - 1 }, () => process.kill(process.pid, 'SIGKILL'));
      await new Promise(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    return { kind: 'completed', answer: JSON.parse(answer) };
  } finally {
    activeCount -= 1;
  }
}

await startJobConsumer({
  connection: { url, prefix },
  model: JSON.parse(model),
  concurrency: 8,
  lockDurationMs: 400,
  logger: createLogger({ name: 'stand-in', level: 'silent' }),
  handle,
});
