import path from 'node:path';
import { type Job } from '@tessera/contracts';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchClient } from './batch-client.js';
import { Client } from './client.js';
import { type DrillSystem, startDrillSystem } from './drill-system.js';
import { writeHangingModel } from './hanging-model.js';
import { pictureDataUrl, readQuestions } from './questions.js';
import { until } from './until.js';

const LAST_WORDS = 'the worker ends, its engine hangs';
const NEIGHBOURS = 6;
const BATCH_TIMEOUT_MS = 60_000;

describe('a picture on which a run of the model never ends', () => {
  let directory: TemporaryDirectory;
  let system: DrillSystem;
  let client: Client;
  const over = new AbortController();

  beforeAll(async () => {
    directory = await temporaryDirectory('tessera-hanging');
    const model = path.join(directory.path, 'tessera-tiny');
    await writeHangingModel(model);
    system = await startDrillSystem(
      { TESSERA_MODEL: model, TESSERA_STEP_TIMEOUT_MS: '700', TESSERA_LOCK_DURATION_MS: '1000' },
      { withVolume: false },
    );
    client = new Client(system.url, over.signal);
  });
  afterAll(async () => {
    over.abort();
    await system.stop();
    await directory.remove();
  });

  async function whitePicture(): Promise<string> {
    const white = { width: 64, height: 64, channels: 3 as const, background: '#ffffff' };
    const bytes = await sharp({ create: white }).png().toBuffer();
    return `data:image/png;base64,${bytes.toString('base64')}`;
  }

  async function final(id: string): Promise<Job | undefined> {
    for (;;) {
      const job = await client.job(id);
      if (job === undefined || !['queued', 'in_progress'].includes(job.status)) return job;
      await (await fetch(job.urls.stream)).text().catch(() => undefined);
    }
  }

  it('makes its worker exit, fails alone, and everything beside it is answered by the next worker', async () => {
    const questions = readQuestions().slice(0, NEIGHBOURS);
    const ask = (image: string, question: string, key: string) =>
      client.submit({ question, images: [image] }, key);
    const [poison, ...neighbours] = await Promise.all([
      ask(await whitePicture(), 'What is it?', 'poison'),
      ...questions.map((question) => ask(pictureDataUrl(question), question.question, question.picture)),
    ]);
    const jobs = await Promise.all(neighbours.map(({ id }) => final(id)));
    expect(jobs.map((job) => job?.status)).toEqual(neighbours.map(() => 'completed'));
    expect(await final(poison.id)).toMatchObject({ status: 'failed', error: { code: 'worker_crashed' } });
    const exits = system.members.worker.ownExits;
    expect(exits.map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
    const words = (await system.members.worker.log()).map(({ msg }) => msg);
    expect(words.filter((msg) => msg === LAST_WORDS)).toHaveLength(3);
  }, 120_000);

  it('fails alone as a row of a batch, too, and every other row is answered', async () => {
    const diedBefore = system.members.worker.ownExits.length;
    const urls = readQuestions().slice(0, NEIGHBOURS).map(pictureDataUrl);
    urls.splice(NEIGHBOURS / 2, 0, await whitePicture());
    const batches = new BatchClient(client);
    const { id } = await batches.submit(urls.map(toLine));
    await until(async () => (await batches.get(id)).status === 'completed', BATCH_TIMEOUT_MS);
    const batch = await batches.get(id);
    expect(batch.request_counts).toEqual({ total: NEIGHBOURS + 1, completed: NEIGHBOURS, failed: 1 });
    expect(await batches.lines(batch.output_file_id)).toHaveLength(NEIGHBOURS);
    expect(await batches.lines(batch.error_file_id)).toMatchObject([
      { custom_id: `row-${NEIGHBOURS / 2}`, response: null, error: { code: 'worker_crashed' } },
    ]);
    // Twice among others, then alone.
    expect(system.members.worker.ownExits.length - diedBefore).toBe(3);
  }, 120_000);
});

function toLine(url: string, index: number): string {
  const content = [
    { type: 'image_url', image_url: { url } },
    { type: 'text', text: 'What is it?' },
  ];
  const body = { model: 'tessera-tiny', messages: [{ role: 'user', content }], max_tokens: 3 };
  return JSON.stringify({ custom_id: `row-${index}`, method: 'POST', url: '/v1/chat/completions', body });
}
