import { type Scope, SCOPES, type UploadObject } from '@tessera/contracts';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, type ErrorBody, type JsonAnswer } from '../api/api-client.js';
import { type TestApi } from '../api/start-test-api.js';
import { createKey } from './admin-client.js';
import { type ApiOperation, listOperations } from './operations.js';
import { type KeyedApi, startKeyedApi } from './start-keyed-api.js';

/** Everything but managing keys, which is no owner's matter. */
const SCOPES_OF_USERS: Scope[] = SCOPES.filter((scope) => scope !== 'admin');

/** What is found below a path that takes an id: how its owner makes one, and what is sent where an operation has a body. */
const KINDS: Readonly<Record<string, { make: () => Promise<string>; bodies?: Record<string, object> }>> = {
  '/v1/jobs': { make: () => idOf(owner.createJob({ question: 'Q?' })) },
  '/v1/files': { make: () => uploadFile(owner, 'batch', 'rows.jsonl', '{}\n') },
  '/v1/uploads': {
    make: () => idOf(owner.post<UploadObject>('/v1/uploads', UPLOAD)),
    bodies: { '/complete': { part_ids: ['part_0'] } },
  },
  '/v1/batches': { make: async () => idOf(owner.post('/v1/batches', batchOf(ids['/v1/files'] ?? ''))) },
  '/v1/webhook_endpoints': {
    make: () => idOf(owner.post('/v1/webhook_endpoints', ENDPOINT)),
    bodies: {
      '': { name: 'theirs' },
      '/test': { event_type: 'batch.completed' },
      '/redeliver': { since: 0 },
    },
  },
};
const UPLOAD = { filename: 'a.jsonl', purpose: 'batch', bytes: 3, mime_type: 'application/jsonl' };
const ENDPOINT = { name: 'mine', url: 'https://example.com/hook', event_types: ['job.completed'] };

let api: TestApi;
let admin: ApiClient;
let close: KeyedApi['close'];
let owner: ApiClient;
let stranger: ApiClient;
const ids: Record<string, string> = {};

beforeAll(async () => {
  ({ api, admin, close } = await startKeyedApi());
  owner = api.client.withKey((await createKey(admin, SCOPES_OF_USERS)).key);
  stranger = api.client.withKey((await createKey(admin, SCOPES_OF_USERS)).key);
  for (const [path, { make }] of Object.entries(KINDS)) ids[path] = await make();
});
afterAll(() => close());

async function idOf(answer: Promise<JsonAnswer<{ id: string }>>): Promise<string> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`nothing was made: ${JSON.stringify(body)}`);
  return body.id;
}

async function uploadFile(
  client: ApiClient,
  purpose: string,
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const form = new FormData();
  form.set('purpose', purpose);
  form.set('file', new Blob([content]), name);
  return idOf(client.send('POST', '/v1/files', { body: form }));
}

function batchOf(fileId: string): object {
  return { input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' };
}

/** Operations on one object, with the path of its kind; a kind that the test cannot make is an error. */
function objectOperations(): (ApiOperation & { kind: string; rest: string })[] {
  return listOperations(api.contract)
    .filter(({ path, access }) => path.includes('{') && access !== 'admin' && access !== 'any key')
    .map((operation) => {
      const [kind = '', rest = ''] = operation.path.split('/{id}');
      if (!(kind in KINDS)) throw new Error(`say in KINDS how one is made for ${operation.name}`);
      return { ...operation, kind, rest };
    });
}

/** The same id with another last digit: of the same form, and of nothing. */
function unknownLike(id: string): string {
  return `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
}

function callOn(
  client: ApiClient,
  { method, kind, rest }: ReturnType<typeof objectOperations>[0],
  id: string,
): Promise<JsonAnswer<ErrorBody>> {
  const path = `${kind}/${id}${rest.replace(/\{[^}]+\}/g, `whd_${'0'.repeat(40)}`)}`;
  if (rest === '/parts') {
    const form = new FormData();
    form.set('data', new Blob(['abc']));
    return client.send(method, path, { body: form });
  }
  if (method !== 'POST') return client.send(method, path);
  return client.post(path, KINDS[kind]?.bodies?.[rest] ?? {});
}

/** What an answer says, whichever id it was about. */
function told({ status, body }: JsonAnswer<ErrorBody>, id: string): string {
  return `${status} ${JSON.stringify(body).replaceAll(id, 'the id')}`;
}

describe('to whoever has another key, what is mine', () => {
  it('answers every operation on it as an id of nothing does: with 404', async () => {
    const operations = objectOperations();
    expect(operations.length).toBeGreaterThan(20);
    for (const operation of operations) {
      for (const client of [stranger, admin]) {
        const id = ids[operation.kind] ?? '';
        const unknown = unknownLike(id);
        const answer = await callOn(client, operation, id);
        expect(answer.status, operation.name).toBe(404);
        expect(told(answer, id), operation.name).toBe(
          told(await callOn(client, operation, unknown), unknown),
        );
      }
    }
  });

  it('is in no list, under no page that begins after it', async () => {
    for (const [kind, id] of Object.entries(ids)) {
      if (kind === '/v1/uploads') continue;
      const { body } = await stranger.get<{ data: object[] }>(kind);
      expect(body.data, kind).toEqual([]);
      const mine = await owner.get<{ data: { id: string }[] }>(kind);
      expect(mine.body.data.map((each) => each.id)).toContain(id);
      const after = await stranger.get(`${kind}?after=${id}`);
      expect(after.status, kind).toBe(400);
    }
  });

  it('is as it was: nothing that they tried has touched it', async () => {
    for (const [kind, id] of Object.entries(ids)) {
      if (kind === '/v1/uploads') continue;
      const { status, body } = await owner.get<Record<string, unknown>>(`${kind}/${id}`);
      expect(status, kind).toBe(200);
      expect(['cancelled', 'cancelling', 'disabled'], kind).not.toContain(body['status']);
    }
    const cancelled = await owner.post<UploadObject>(`/v1/uploads/${ids['/v1/uploads'] ?? ''}/cancel`, {});
    expect(cancelled.body.status).toBe('cancelled');
  });

  it('is no picture of theirs, in a job and in a chat completion', async () => {
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#123' } })
      .png()
      .toBuffer();
    const fileId = await uploadFile(owner, 'vision', 'a.png', new Uint8Array(png));
    const content = [
      { type: 'image_url', image_url: { url: fileId } },
      { type: 'text', text: 'Q?' },
    ];
    const messages = [{ role: 'user', content }];
    for (const route of ['/v1/jobs', '/v1/chat/completions']) {
      const { status, body } = await stranger.post<ErrorBody>(route, { model: 'tiny', messages });
      expect(`${route} ${status} ${body.error.code}`).toBe(`${route} 400 image_not_found`);
    }
    expect((await owner.createJob({ messages })).status).toBe(202);
  });

  it('is not found by an Idempotency-Key that happens to be the same', async () => {
    const headers = { 'idempotency-key': 'order-7' };
    const body = { question: 'Q?' };
    const mine = await owner.createJob(body, headers);
    const theirs = await stranger.createJob(body, headers);
    expect(theirs.status).toBe(202);
    expect(theirs.body.id).not.toBe(mine.body.id);
    expect((await owner.createJob(body, headers)).body.id).toBe(mine.body.id);
    const batch = batchOf(ids['/v1/files'] ?? '');
    const [ours, other] = [
      await owner.post<{ id: string }>('/v1/batches', batch, headers),
      await stranger.post<{ id: string }>('/v1/batches', batch, headers),
    ];
    expect(other.body.id).not.toBe(ours.body.id);
  });

  it('is theirs too once a key is made that shares it', async () => {
    const { owner: ownerId } = (await createKey(admin, SCOPES_OF_USERS)) as { owner: string };
    const first = api.client.withKey((await createKey(admin, SCOPES_OF_USERS, { owner: ownerId })).key);
    const second = api.client.withKey((await createKey(admin, SCOPES_OF_USERS, { owner: ownerId })).key);
    const { id } = (await first.createJob({ question: 'Q?' })).body;
    expect((await second.job(id)).id).toBe(id);
  });
});
