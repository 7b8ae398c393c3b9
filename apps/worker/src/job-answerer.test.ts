import { type JobRecord } from '@tessera/contracts';
import { type Engine } from '@tessera/engine';
import { createLogger } from '@tessera/observability';
import { type JobAttempt } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { expect, it } from 'vitest';
import { JobAnswerer } from './job-answerer.js';
import { type JobImages } from './job-images.js';

it('a job whose answer breaks off has told what it used', async () => {
  const controller = new AbortController();
  const noted: number[] = [];
  const engine: Pick<Engine, 'generate'> = {
    generate: async ({ onUsage, signal }) => {
      onUsage?.(41);
      onUsage?.(42);
      controller.abort(new Error('no longer wanted'));
      signal?.throwIfAborted();
      throw new Error('the signal did not come');
    },
  };
  const logger = createLogger({ name: 'test', level: 'silent' });
  const images = { load: () => Promise.resolve([]) } as unknown as JobImages;
  const attempt: JobAttempt = {
    record: { request: { model: 'tiny', messages: [], images: [] } } as unknown as JobRecord,
    signal: controller.signal,
    publishText: () => Promise.resolve(),
    noteUsage: (totalTokens) => noted.push(totalTokens),
  };
  const answerer = new JobAnswerer(logger, engine, images, {} as ObjectStore);
  await expect(answerer.answer(attempt)).rejects.toThrow('no longer wanted');
  expect(noted).toEqual([41, 42]);
});
