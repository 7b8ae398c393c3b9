import { execFile } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '@tessera/config';
import { type WebhookEndpointWithSecret } from '@tessera/contracts';
import {
  findRepositoryRoot,
  isPythonClientInstalled,
  PYTHON_WITH_CLIENT,
  temporaryDirectory,
  type TemporaryDirectory,
} from '@tessera/testing';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readQuestions } from '../../integration/engine/tiny-engine.js';
import { LocalHttp } from '../service/local-http.js';
import { BatchUser, row } from './batch-user.js';
import { type ReplicatedSystem, startReplicatedSystem } from './replicated-system.js';

interface ListOfAny {
  data: unknown[];
}

const questions = readQuestions().slice(0, 4);
const ONE_PART_BYTES = 300;
const LONG_BATCH_ROWS = 600;
const PYTHON_TIMEOUT_MS = 120_000;

const pictureFile = (name: string): string =>
  path.join(findRepositoryRoot(), 'test', 'golden', 'evaluation', 'pictures', name);
const dataUrl = (name: string): string =>
  `data:image/${path.extname(name).slice(1)};base64,${readFileSync(pictureFile(name)).toString('base64')}`;
const answerOf = (index: number): string | undefined => questions[index]?.reference;
const rowOf = (index: number, imageUrl?: string): string => {
  const question = questions[index];
  if (question === undefined) throw new Error(`no question ${index}`);
  return row(`row-${index}`, imageUrl ?? dataUrl(question.picture), question.question);
};

describe('the openai client, with two of each process over one bucket,', () => {
  let directory: TemporaryDirectory;
  let local: LocalHttp;
  let system: ReplicatedSystem;
  let user: BatchUser;
  /** Whether the picture that is there only later is there. */
  let isLatePictureThere = false;

  beforeAll(async () => {
    directory = await temporaryDirectory('tessera-openai');
    local = await LocalHttp.start(({ path: requested }) => {
      if (requested === '/hook') return { status: 204 };
      return isLatePictureThere
        ? { status: 200, body: readFileSync(pictureFile(questions[0]?.picture ?? '')) }
        : { status: 404 };
    });
    system = await startReplicatedSystem();
    user = new BatchUser(system.clients, directory.path);
  });
  afterAll(async () => {
    await system.stop();
    await local.close();
    await directory.remove();
  });

  /** What each row of an output file was answered with. */
  const answers = async (fileId: string | null | undefined) =>
    (await user.results(fileId)).map(({ custom_id, response }) => [
      custom_id,
      response?.body.choices?.[0]?.message.content,
    ]);

  it('has a batch answered, its failed row repeated, and its files deleted', async () => {
    const lines = [rowOf(0, `${local.url}/late.png`), rowOf(1), rowOf(2), rowOf(3)];
    const created = await user.submit(lines, { customer: 'one' });
    expect(created).toMatchObject({ object: 'batch', metadata: { customer: 'one' }, errors: null });
    const batch = await user.ended(created.id);
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 4, completed: 3, failed: 1 },
    });
    expect(batch.usage?.total_tokens).toBeGreaterThan(3 * 16);
    expect(await answers(batch.output_file_id)).toEqual(
      [1, 2, 3].map((index) => [`row-${index}`, answerOf(index)]),
    );
    expect(await user.results(batch.error_file_id)).toMatchObject([
      {
        custom_id: 'row-0',
        response: { status_code: 400, body: { error: { code: 'image_not_found', param: null } } },
        error: null,
      },
    ]);

    isLatePictureThere = true;
    const repeated: OpenAI.Batch = await user.openai.post(`/batches/${batch.id}/retry`);
    expect(repeated).toMatchObject({ retry_of: batch.id, metadata: { customer: 'one' } });
    const retried = await user.ended(repeated.id);
    expect(retried).toMatchObject({ status: 'completed', request_counts: { total: 1, completed: 1 } });
    expect(retried.error_file_id).toBeNull();
    expect(await answers(retried.output_file_id)).toEqual([['row-0', answerOf(0)]]);
    await expect(user.openai.post(`/batches/${retried.id}/retry`)).rejects.toThrow(OpenAI.BadRequestError);

    const outputFileId = batch.output_file_id ?? '';
    expect(await user.openai.files.retrieve(outputFileId)).toMatchObject({ purpose: 'batch_output' });
    for (const id of [outputFileId, batch.input_file_id]) {
      expect(await user.openai.files.delete(id)).toMatchObject({ id, deleted: true });
      await expect(user.openai.files.content(id)).rejects.toThrow(OpenAI.NotFoundError);
    }
  });

  it('cancels a batch that is under way, and gets the answers so far', async () => {
    const file = createReadStream(pictureFile(questions[0]?.picture ?? ''));
    const picture = await user.openai.files.create({ file, purpose: 'vision' });
    const { question = '' } = questions[0] ?? {};
    const ids = Array.from(
      { length: LONG_BATCH_ROWS },
      (_, index) => `row-${String(index).padStart(4, '0')}`,
    );
    const { id } = await user.submit(ids.map((customId) => row(customId, picture.id, question)));
    await user.waitFor(id, ({ request_counts }) => (request_counts?.completed ?? 0) > 0);
    const cancelling = await user.openai.batches.cancel(id);
    expect(cancelling.status).toBe('cancelling');
    expect(cancelling.cancelling_at).toBeGreaterThanOrEqual(cancelling.created_at);
    expect((await user.openai.batches.cancel(id)).cancelling_at).toBe(cancelling.cancelling_at);
    const batch = await user.ended(id);
    expect(batch.status).toBe('cancelled');
    const answered = await answers(batch.output_file_id);
    expect(new Set(answered.map(([, answer]) => answer))).toEqual(new Set([answerOf(0)]));
    expect(batch.request_counts).toEqual({ total: ids.length, completed: answered.length, failed: 0 });
    const left = await user.results(batch.error_file_id);
    expect(left.every(({ response, error }) => response === null && error?.code === 'batch_cancelled')).toBe(
      true,
    );
    expect(
      [...answered.map(([customId]) => customId), ...left.map(({ custom_id }) => custom_id)].sort(),
    ).toEqual(ids);
    expect(left.length).toBeGreaterThan(0);
  });

  it('has rows answered that came in parts and name an uploaded picture', async () => {
    const file = createReadStream(pictureFile(questions[2]?.picture ?? ''));
    const picture = await user.openai.files.create({ file, purpose: 'vision' });
    const lines = Buffer.from(
      `${rowOf(2, picture.id)}\n${rowOf(2, `file-${'0'.repeat(32)}`).replace('row-2', 'row-9')}`,
    );
    const upload = await user.openai.uploads.create({
      filename: 'rows.jsonl',
      purpose: 'batch',
      bytes: lines.length,
      mime_type: 'application/jsonl',
    });
    const ends = [0, ONE_PART_BYTES, lines.length];
    const partIds = [];
    for (const [index, end] of ends.slice(1).entries()) {
      const data = await toFile(lines.subarray(ends[index], end));
      partIds.push((await user.openai.uploads.parts.create(upload.id, { data })).id);
    }
    const { file: input } = await user.openai.uploads.complete(upload.id, { part_ids: partIds });
    const batch = await user.ended((await user.submitFile(input?.id ?? '')).id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { completed: 1, failed: 1 } });
    expect(await answers(batch.output_file_id)).toEqual([['row-2', answerOf(2)]]);
    expect(await user.results(batch.error_file_id)).toMatchObject([
      { custom_id: 'row-9', response: { status_code: 400, body: { error: { code: 'image_not_found' } } } },
    ]);
  });

  it('goes through all batches page by page, each once, newest first', async () => {
    const ids = [];
    for (const name of ['a', 'b', 'c']) ids.unshift((await user.submit([rowOf(1)], { name })).id);
    const seen: OpenAI.Batch[] = [];
    for await (const batch of user.openai.batches.list({ limit: 2 })) seen.push(batch);
    expect(seen.slice(0, 3).map(({ id }) => id)).toEqual(ids);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(seen[0]?.metadata).toEqual({ name: 'c' });
    for (const id of ids) expect((await user.ended(id)).status).toBe('completed');
  });

  it('is told by a webhook that a batch has ended, and unwraps what it was sent', async () => {
    const endpoint: WebhookEndpointWithSecret = await user.openai.post('/webhook_endpoints', {
      body: {
        name: 'backend',
        url: `${local.url}/hook`,
        event_types: ['batch.in_progress', 'batch.completed', 'job.completed'],
      },
    });
    // A chat completion is a job that nobody hears of.
    const { picture, question } = questions[1] as (typeof questions)[0];
    await user.openai.chat.completions.create({
      model: 'tessera-tiny',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: dataUrl(picture) } },
            { type: 'text', text: question },
          ],
        },
      ],
    });
    const { id } = await user.submit([rowOf(1)]);
    const received = await local.requests('/hook', 2);
    const events = [];
    for (const { body, headers } of received) {
      events.push(await user.openai.webhooks.unwrap(body, headers, endpoint.signing_secret));
    }
    const ofBatch = (type: string) => expect.objectContaining({ type, data: { id } }) as unknown;
    expect(events).toEqual(
      expect.arrayContaining([ofBatch('batch.in_progress'), ofBatch('batch.completed')]),
    );
    const deliveries = `/webhook_endpoints/${endpoint.id}/deliveries?status=delivered`;
    await expect.poll(async () => (await user.openai.get<ListOfAny>(deliveries)).data.length).toBe(2);
    await user.openai.delete(`/webhook_endpoints/${endpoint.id}`);
  });

  it('is told what is wrong with an input, line by line', async () => {
    const foreign = rowOf(2).replace('/v1/chat/completions', '/v1/embeddings').replace('row-2', 'row-2b');
    const created = await user.submit([rowOf(1), rowOf(1), foreign, 'no JSON']);
    const { status, errors, output_file_id } = await user.ended(created.id);
    expect({ status, output_file_id }).toEqual({ status: 'failed', output_file_id: null });
    expect(errors?.data?.map(({ line, code, param }) => [line, code, param])).toEqual([
      [2, 'duplicate_custom_id', 'custom_id'],
      [3, 'invalid_url', 'url'],
      [4, 'invalid_json_line', null],
    ]);
    const unknown = await user.ended((await user.submitFile(`file-${'0'.repeat(32)}`)).id);
    expect(unknown.errors?.data).toMatchObject([{ code: 'invalid_request', line: null }]);
  });

  it('gets a refusal as an error of the class, code and param that go with it', async () => {
    const inputFileId = await user.upload([rowOf(1)]);
    const { id } = await user.submitFile(inputFileId);
    await user.ended(id);
    const { openai } = user;
    const refusals = [
      {
        ask: () => openai.batches.cancel(id),
        ...{ is: OpenAI.ConflictError, code: 'batch_finished', param: null },
      },
      {
        ask: () => openai.batches.retrieve(`batch_${'0'.repeat(32)}`),
        ...{ is: OpenAI.NotFoundError, code: 'batch_not_found', param: 'id' },
      },
      {
        ask: () => openai.files.retrieve('file-none'),
        ...{ is: OpenAI.NotFoundError, code: 'file_not_found', param: 'id' },
      },
      {
        ask: () => user.submitFile(inputFileId, {}, '/v1/embeddings'),
        ...{ is: OpenAI.BadRequestError, code: 'invalid_value', param: 'endpoint' },
      },
      {
        ask: () => user.submitFile(inputFileId, { note: 'v'.repeat(513) }),
        ...{ is: OpenAI.BadRequestError, code: 'invalid_value', param: 'metadata.note' },
      },
    ];
    for (const { ask, is, code, param } of refusals) {
      const error: unknown = await ask().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(is);
      expect(error).toMatchObject({ code, param, requestID: expect.stringMatching(/^req_/) as unknown });
    }
  });

  /** Only where that client is installed; `npm test` says when this is left out. */
  if (isPythonClientInstalled()) {
    it("is not the only one: OpenAI's client for Python does the same", async () => {
      const { picture, question, reference } = questions[1] as (typeof questions)[0];
      const script = path.join(findRepositoryRoot(), 'test', 'e2e', 'openai', 'python_client.py');
      const args = [script, ...system.urls, pictureFile(picture), question, reference];
      const env = childEnvironment({ NO_PROXY: '127.0.0.1' });
      const finished = promisify(execFile)(PYTHON_WITH_CLIENT, args, { env, timeout: PYTHON_TIMEOUT_MS });
      await expect(finished).resolves.toMatchObject({ stderr: '' });
    });
  }
});
