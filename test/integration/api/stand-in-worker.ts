import { type Answer, type JobError, type ServedModel } from '@tessera/contracts';
import { type Config } from '@tessera/config';
import { createLogger } from '@tessera/observability';
import { type JobAttempt, type JobConsumer, startJobConsumer } from '@tessera/queue';
import { type TestApi } from './start-test-api.js';

export const TINY: ServedModel = {
  id: 'tiny',
  revision: 'r1',
  contextTokens: 4096,
  tokensPerTile: 256,
  tileSizePixels: 448,
  defaultMaxTiles: 12,
  precision: 'fp32',
  device: 'cpu',
};

type Outcome = { kind: 'completed'; answer: Answer } | { kind: 'failed'; error: JobError };

/** Takes jobs from the real queue and answers without a model. */
export function startStandInWorker(
  { config }: Pick<TestApi, 'config'>,
  handle: (attempt: JobAttempt) => Promise<Outcome> = answerAtOnce,
): Promise<JobConsumer> {
  return startJobConsumer({
    connection: connectionOf(config),
    model: TINY,
    concurrency: 8,
    lockDurationMs: 30_000,
    logger: createLogger({ name: 'stand-in', level: 'fatal' }),
    handle,
  });
}

/** The text that answers a job: its last question back, and how many images it came with. */
export async function answerAtOnce(attempt: JobAttempt): Promise<Outcome> {
  const { messages, images } = attempt.record.request;
  const texts = messages.flatMap(({ content }) => content).filter((part) => part.type === 'text');
  const text = `${texts.at(-1)?.text ?? ''} (${images.length} images)`;
  await attempt.publishText(text);
  return completed(text, images.length);
}

export function completed(text: string, imageCount = 0): Outcome {
  const image_tokens = TINY.tokensPerTile * imageCount;
  return {
    kind: 'completed',
    answer: {
      output: { text, finish_reason: 'stop' },
      usage: {
        prompt_tokens: image_tokens + 10,
        completion_tokens: 5,
        total_tokens: image_tokens + 15,
        prompt_tokens_details: { cached_tokens: 0, image_tokens },
      },
      tiles: Array.from({ length: imageCount }, () => ({
        columns: 1,
        rows: 1,
        tiles: 1,
        width: 8,
        height: 8,
      })),
      timings: {
        queue_ms: 0,
        fetch_ms: 0,
        preprocess_ms: 0,
        vision_ms: 0,
        prefill_ms: 0,
        decode_ms: 0,
        total_ms: 0,
      },
      model: { id: TINY.id, revision: TINY.revision },
    },
  };
}

function connectionOf({ redis }: Config) {
  if (redis.url === undefined) throw new Error('the test API has no Redis URL');
  return { url: redis.url, prefix: redis.prefix };
}
