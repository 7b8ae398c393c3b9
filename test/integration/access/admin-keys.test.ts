import { type ApiKeyObject, type CreatedApiKey } from '@tessera/contracts';
import { type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, type ErrorBody } from '../api/api-client.js';
import { startTestApi, type TestApi } from '../api/start-test-api.js';
import { ADMIN_KEY, createKey, getKey, postKey } from './admin-client.js';
import { type KeyedApi, startKeyedApi } from './start-keyed-api.js';

const SOON = { timeout: 5_000, interval: 10 };
const UNLIMITED = {
  requests_per_second: null,
  concurrent_requests: null,
  queued_jobs: null,
  open_batches: null,
  queued_rows: null,
  stored_bytes: null,
  tokens_per_day: null,
  weight: 1,
};

let redis: TestRedis;
let api: TestApi;
let admin: ApiClient;
let close: KeyedApi['close'];

beforeAll(async () => {
  ({ redis, api, admin, close } = await startKeyedApi());
});
afterAll(() => close());

interface AuditLine {
  audit?: boolean;
  level: string;
  event: string;
  actor: string;
  keyId: string;
  requestId: string;
  before?: { limits: object };
  after?: { limits: object };
}

const auditOf = (keyId: string): AuditLine[] =>
  api.logLines
    .map((line) => JSON.parse(line) as AuditLine)
    .filter((line) => line.audit === true && line.keyId === keyId);

const statusFor = async (key: string, path = '/v1/models') =>
  (await api.client.withKey(key).get(path)).status;

describe('POST /v1/admin/keys', () => {
  it('makes a key that works, and shows it this once', async () => {
    const { status, headers, body } = await postKey(admin, { name: ' team ', scopes: ['jobs', 'files'] });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { key, ...object } = body;
    expect(object).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{32}$/) as unknown,
      object: 'api_key',
      name: 'team',
      prefix: key.slice(0, 12),
      scopes: ['jobs', 'files'],
      created_at: expect.any(Number) as unknown,
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
      limits: UNLIMITED,
      owner: object.id,
    });
    expect(await getKey(admin, object.id)).toEqual(object);
    expect(await statusFor(key, '/v1/jobs')).toBe(200);
    const used = async () => (await getKey(admin, object.id)).last_used_at;
    await expect.poll(used, SOON).toBeGreaterThanOrEqual(object.created_at);
  });

  it('takes an expiry as a time or as a number of seconds', async () => {
    const at = Math.floor(Date.now() / 1000) + 3_600;
    expect((await createKey(admin, ['jobs'], { expires_at: at })).expires_at).toBe(at);
    const { created_at, expires_at } = await createKey(admin, ['jobs'], { expires_in_seconds: 60 });
    expect(expires_at).toBe(created_at + 60);
  });

  it('makes a key that shares the data of another, of a chain the first one, or the administrator’s', async () => {
    const old = await createKey(admin, ['jobs']);
    const second = await createKey(admin, ['jobs'], { owner: old.id });
    const third = await createKey(admin, ['jobs'], { owner: second.id });
    expect([second.owner, third.owner]).toEqual([old.id, old.id]);
    expect((await createKey(admin, ['jobs'], { owner: 'admin' })).owner).toBe('admin');
    const job = await api.client.withKey(old.key).createJob({ question: 'whose?' });
    await admin.send('DELETE', `/v1/admin/keys/${old.id}`);
    expect(await statusFor(third.key, `/v1/jobs/${job.body.id}`)).toBe(200);
  });

  it.each([
    ['missing_required_parameter', 'name', { scopes: ['jobs'] }],
    ['missing_required_parameter', 'scopes', { name: 'n' }],
    ['invalid_value', 'scopes', { name: 'n', scopes: [] }],
    ['invalid_value', 'scopes', { name: 'n', scopes: ['jobs', 'jobs'] }],
    ['invalid_value', 'scopes.0', { name: 'n', scopes: ['everything'] }],
    ['invalid_value', 'name', { name: ' ', scopes: ['jobs'] }],
    ['invalid_value', 'expires_at', { name: 'n', scopes: ['jobs'], expires_at: 1 }],
    ['invalid_value', 'expires_at', { name: 'n', scopes: ['jobs'], expires_at: 4e9, expires_in_seconds: 5 }],
    ['invalid_value', 'owner', { name: 'n', scopes: ['jobs'], owner: `key_${'0'.repeat(32)}` }],
    ['invalid_value', 'owner', { name: 'n', scopes: ['jobs'], owner: '../x' }],
    ['invalid_value', 'limits.weight', { name: 'n', scopes: ['jobs'], limits: { weight: 0 } }],
    ['unknown_parameter', 'limits.jobs', { name: 'n', scopes: ['jobs'], limits: { jobs: 1 } }],
  ])('refuses with %s at %s: %j', async (code, param, body) => {
    const answer = (await postKey(admin, body)).body as unknown as ErrorBody;
    expect(answer.error).toMatchObject({ code, param });
  });
});

describe('POST /v1/admin/keys/{id}', () => {
  it('changes what is given, and is heard of by another replica within seconds', async () => {
    const { data, redis: place } = api.config;
    const replica = await startTestApi(redis, {
      TESSERA_ADMIN_KEY: ADMIN_KEY,
      TESSERA_DATA_DIR: data.directory,
      TESSERA_QUEUE_PREFIX: place.prefix,
    });
    try {
      const { id, key } = await createKey(admin, ['jobs'], { limits: { queued_jobs: 3, weight: 2 } });
      const there = replica.client.withKey(key);
      expect((await there.get('/v1/jobs')).status).toBe(200);
      const change = { scopes: ['files'], limits: { queued_jobs: null, tokens_per_day: 9 } };
      const { body } = await admin.post<ApiKeyObject>(`/v1/admin/keys/${id}`, change);
      expect(body).toMatchObject({
        name: 'test',
        scopes: ['files'],
        limits: { ...UNLIMITED, tokens_per_day: 9, weight: 2 },
      });
      await expect.poll(async () => (await there.get('/v1/jobs')).status, SOON).toBe(403);
      expect((await there.get('/v1/files')).status).toBe(200);
      await admin.send('DELETE', `/v1/admin/keys/${id}`);
      await expect.poll(async () => (await there.get('/v1/files')).status, SOON).toBe(401);
    } finally {
      await replica.close();
    }
  });

  it('refuses one that is revoked, and one that never was', async () => {
    const { id } = await createKey(admin, ['jobs']);
    await admin.send('DELETE', `/v1/admin/keys/${id}`);
    const refused = await admin.post<ErrorBody>(`/v1/admin/keys/${id}`, { name: 'x' });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'api_key_revoked']);
    const unknown = await admin.post<ErrorBody>(`/v1/admin/keys/key_${'0'.repeat(32)}`, { name: 'x' });
    expect([unknown.status, unknown.body.error.code]).toEqual([404, 'api_key_not_found']);
  });
});

describe('DELETE /v1/admin/keys/{id}', () => {
  it('revokes, once and for all, and leaves the key in the list', async () => {
    const { id, key } = await createKey(admin, ['jobs']);
    for (let time = 0; time < 2; time += 1) {
      const { body } = await admin.send('DELETE', `/v1/admin/keys/${id}`);
      expect(body).toEqual({ id, object: 'api_key', deleted: true });
    }
    expect(await statusFor(key)).toBe(401);
    const { body } = await admin.get<{ data: ApiKeyObject[] }>('/v1/admin/keys?limit=1');
    expect(body.data[0]).toMatchObject({ id, revoked_at: expect.any(Number) as unknown });
    expect(auditOf(id).map(({ event }) => event)).toEqual(['api_key.created', 'api_key.revoked']);
  });
});

describe('GET /v1/admin/keys', () => {
  it('goes through all keys in pages', async () => {
    const wanted = [await createKey(admin, ['jobs']), await createKey(admin, ['jobs'])].map(({ id }) => id);
    const seen: string[] = [];
    let after = '';
    for (;;) {
      const path = `/v1/admin/keys?limit=3${after}`;
      const { body } = await admin.get<{ data: CreatedApiKey[]; has_more: boolean; last_id: string }>(path);
      for (const each of body.data) expect(each.key).toBeUndefined();
      seen.push(...body.data.map(({ id }) => id));
      if (!body.has_more) break;
      after = `&after=${body.last_id}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(wanted));
  });
});

describe('the audit log', () => {
  it('says who changed what from what to what, with the id of the request and without a secret', async () => {
    const boss = await createKey(admin, ['admin']);
    const client = api.client.withKey(boss.key);
    const { id, key } = await createKey(client, ['jobs'], { limits: { queued_jobs: 3 } });
    const headers = { 'x-request-id': 'req-of-the-change' };
    await client.post(`/v1/admin/keys/${id}`, { limits: { queued_jobs: 4 } }, headers);
    expect(auditOf(id)).toMatchObject([
      { event: 'api_key.created', actor: boss.id, level: 'info', after: { limits: { queued_jobs: 3 } } },
      {
        event: 'api_key.updated',
        actor: boss.id,
        requestId: 'req-of-the-change',
        before: { limits: { queued_jobs: 3 } },
        after: { limits: { queued_jobs: 4 } },
      },
    ]);
    const log = api.logLines.join('\n');
    for (const secret of [key, boss.key, ADMIN_KEY]) expect(log).not.toContain(secret);
  });
});

describe('an API that asks nobody for a key', () => {
  it('manages no keys, and says how to', async () => {
    const open = await startTestApi(redis);
    try {
      const body = { name: 'n', scopes: ['jobs'] };
      const answers = [
        await open.client.get<ErrorBody>('/v1/admin/keys'),
        await open.client.post<ErrorBody>('/v1/admin/keys', body),
        await open.client.send<ErrorBody>('DELETE', `/v1/admin/keys/key_${'0'.repeat(32)}`),
      ];
      for (const { status, body: refusal } of answers) {
        expect([status, refusal.error.code]).toEqual([409, 'authentication_off']);
        expect(refusal.error.message).toContain('TESSERA_ADMIN_KEY');
      }
    } finally {
      await open.close();
    }
  });
});
