import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type WebhookSecret } from '@tessera/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, createKey } from '../access/admin-client.js';
import { type ApiClient, type ErrorBody } from './api-client.js';
import { type TestApi } from './start-test-api.js';
import { type KeyedApi, startKeyedApi } from '../access/start-keyed-api.js';

const PATH = '/v1/webhooks/default/secret';
let api: TestApi;
let admin: ApiClient;
let close: KeyedApi['close'];

beforeAll(async () => {
  ({ api, admin, close } = await startKeyedApi());
});
afterAll(() => close());

async function secretOf(key: string): Promise<string> {
  const { status, headers, body } = await api.client.withKey(key).get<WebhookSecret>(PATH);
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  return body.key;
}

describe("the secret that signs events for jobs' own webhooks", () => {
  it('is that of the data folder for the administrator, which the dispatcher signs with', async () => {
    const secret = await secretOf(ADMIN_KEY);
    const file = join(api.config.data.directory, 'webhook-secret');
    expect((await readFile(file, 'utf8')).trim()).toBe(secret);
    expect(await secretOf((await createKey(admin, ['webhooks'], { owner: 'admin' })).key)).toBe(secret);
  });

  it('is another one for every key, the same each time, and shared with keys that share its data', async () => {
    const first = await createKey(admin, ['webhooks']);
    const second = await createKey(admin, ['webhooks']);
    const renewed = await createKey(admin, ['webhooks'], { owner: first.id });
    const secrets = await Promise.all([ADMIN_KEY, first.key, second.key].map(secretOf));
    expect(new Set(secrets).size).toBe(3);
    for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await secretOf(renewed.key)).toBe(secrets[1]);
    expect(await secretOf(first.key)).toBe(secrets[1]);
    for (const secret of secrets) expect(api.logLines.join('')).not.toContain(secret.slice('whsec_'.length));
  });

  it('is not shown to a key without the scope', async () => {
    const { key } = await createKey(admin, ['jobs']);
    const refused = await api.client.withKey(key).get<ErrorBody>(PATH);
    expect([refused.status, refused.body.error.code]).toEqual([403, 'insufficient_scope']);
  });
});
