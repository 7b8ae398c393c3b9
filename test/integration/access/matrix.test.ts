import { openApiKeys } from '@tessera/api-keys';
import { SCOPES } from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import { openFolderStore } from '@tessera/storage';
import { type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient } from '../api/api-client.js';
import { type TestApi } from '../api/start-test-api.js';
import { ADMIN_KEY, createKey } from './admin-client.js';
import { type ApiOperation, call, listOperations } from './operations.js';
import { type KeyedApi, startKeyedApi } from './start-keyed-api.js';

let redis: TestRedis;
let api: TestApi;
let admin: ApiClient;
let close: KeyedApi['close'];
let operations: ApiOperation[];

beforeAll(async () => {
  ({ redis, api, admin, close } = await startKeyedApi());
  operations = listOperations(api.contract);
});
afterAll(() => close());

/** Calls every operation that asks for a key, and gives "name status code" of each. */
async function callAll(client: ApiClient, among: readonly ApiOperation[] = guarded()): Promise<string[]> {
  const answers: string[] = [];
  for (const operation of among) {
    const { status, body } = await call(client, operation);
    answers.push(`${operation.name} ${status} ${body?.error?.code ?? ''}`);
  }
  return answers;
}

const guarded = () => operations.filter(({ access }) => access !== 'everybody');
const scoped = () => guarded().filter(({ access }) => access !== 'any key');
const all = (among: readonly ApiOperation[], answer: string) => among.map(({ name }) => `${name} ${answer}`);
const refused = /40[13] (?:invalid_api_key|insufficient_scope)$/;

/** A key whose time was over before the API ever saw it. */
async function createExpiredKey(): Promise<string> {
  const { redis: place, data } = api.config;
  const keys = await openApiKeys({
    connection: { url: redis.url, prefix: place.prefix },
    objectStore: await openFolderStore(`${data.directory}/store`),
    logger: createLogger({ name: 'past', level: 'silent' }),
    now: () => 1_000,
  });
  const { key } = await keys.create({ name: 'past', scopes: SCOPES, limits: {}, expiresAtMs: 2_000 });
  await keys.close();
  return key;
}

async function createRevokedKey(): Promise<string> {
  const { id, key } = await createKey(admin, [...SCOPES]);
  await admin.send('DELETE', `/v1/admin/keys/${id}`);
  return key;
}

describe('every operation of the OpenAPI document', () => {
  it('says who may call it, as promised', () => {
    expect(guarded().length).toBeGreaterThan(20);
    for (const { name, access, security } of operations) {
      const scopes = access === 'any key' ? [] : [access];
      expect(security, name).toEqual(access === 'everybody' ? [] : [{ apiKey: scopes }]);
    }
  });

  it('refuses whoever has no key', async () => {
    expect(await callAll(api.client)).toEqual(all(guarded(), '401 invalid_api_key'));
  });

  it.each<[string, () => string | Promise<string>]>([
    ['unknown', () => `tsk_${'a'.repeat(43)}`],
    ['not even one', () => 'none'],
    ["nearly the administrator's", () => ADMIN_KEY.slice(0, -1)],
    ['revoked', createRevokedKey],
    ['expired', createExpiredKey],
  ])('refuses a key that is %s', async (_which, makeKey) => {
    const client = api.client.withKey(await makeKey());
    expect(await callAll(client)).toEqual(all(guarded(), '401 invalid_api_key'));
  });

  it('refuses a key that lacks its scope, and names the scope', async () => {
    for (const scope of SCOPES) {
      const { key } = await createKey(
        admin,
        SCOPES.filter((each) => each !== scope),
      );
      const closed = scoped().filter(({ access }) => access === scope);
      expect(await callAll(api.client.withKey(key), closed)).toEqual(all(closed, '403 insufficient_scope'));
      const [operation] = closed;
      if (operation === undefined) continue;
      const { body, headers } = await call(api.client.withKey(key), operation);
      expect(body.error.message).toContain(`\`${scope}\``);
      expect(headers.get('www-authenticate')).toContain(`scope="${scope}"`);
    }
  });

  it('lets a key in that has its scope and no other, and only there', async () => {
    for (const scope of SCOPES) {
      const client = api.client.withKey((await createKey(admin, [scope])).key);
      const open = guarded().filter(({ access }) => access === scope || access === 'any key');
      const closed = scoped().filter(({ access }) => access !== scope);
      for (const answer of await callAll(client, open)) expect(answer).not.toMatch(refused);
      expect(await callAll(client, closed)).toEqual(all(closed, '403 insufficient_scope'));
    }
  });

  it('lets the administrator in', async () => {
    for (const answer of await callAll(admin)) expect(answer).not.toMatch(refused);
  });
});

describe('what everybody may see', () => {
  it.each(['/health/live', '/health/ready', '/docs', '/docs/json'])(
    'asks nobody for a key: %s',
    async (path) => {
      expect((await fetch(api.url + path)).status).toBe(200);
    },
  );
});

describe('what is no route', () => {
  it.each(['/v1/nothing', '/v1', '/v1/jobs/x/nothing', '/V1/jobs', '/v1//jobs', '/', '/metrics'])(
    'is told from one only to whoever has a key: %s',
    async (path) => {
      expect((await fetch(api.url + path)).status).toBe(401);
      const headers = { authorization: `Bearer ${ADMIN_KEY}` };
      expect((await fetch(api.url + path, { headers })).status).toBe(404);
    },
  );

  it('stays a wrong method to whoever has a key', async () => {
    expect((await fetch(`${api.url}/v1/jobs`, { method: 'PUT' })).status).toBe(401);
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    expect((await fetch(`${api.url}/v1/jobs`, { method: 'PUT', headers })).status).toBe(405);
  });

  it('is no way around: an encoded path is the route that it means', async () => {
    const { key } = await createKey(admin, ['files']);
    const headers = { authorization: `Bearer ${key}` };
    expect((await fetch(`${api.url}/v1/%6aobs`, { headers })).status).toBe(403);
    expect((await fetch(`${api.url}/v1/%6aobs`)).status).toBe(401);
  });
});
