import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startTestRedis,
  temporaryDirectory,
  type TemporaryDirectory,
  type TestRedis,
} from '@tessera/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.js';
import { ServiceProcess } from '../service/service-process.js';

const ADMIN_KEY = 'the-administrators-own-key';

let redis: TestRedis;
let folder: TemporaryDirectory;
let replicas: [ServiceProcess, ServiceProcess];
let urls: [string, string];

beforeAll(async () => {
  redis = await startTestRedis();
  folder = await temporaryDirectory('tessera-e2e-keys');
  const environment = {
    REDIS_URL: redis.url,
    PORT: '0',
    TESSERA_DATA_DIR: folder.path,
    TESSERA_ADMIN_KEY: ADMIN_KEY,
  };
  replicas = [ServiceProcess.start('api', environment), ServiceProcess.start('api', environment)];
  const [first, second] = await Promise.all(replicas.map((replica) => replica.logged('listening')));
  urls = [String(first?.['url']), String(second?.['url'])];
});
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await redis.stop();
  await folder.remove();
});

/** Runs `tessera` against the first replica; the key comes from the environment. */
const cli = (apiKey: string | undefined, ...words: string[]) =>
  runCli([...words, '--url', urls[0]], {
    environment: {
      TESSERA_DATA_DIR: folder.path,
      ...(apiKey === undefined ? {} : { TESSERA_API_KEY: apiKey }),
    },
  });

const clientOf = (url: string, apiKey: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });

describe('tessera key', () => {
  it('makes a key that works on every replica, lists it, and revokes it on every replica', async () => {
    const words = ['key', 'create', 'team', '--scopes', 'batches,files', '--expires-in', '90d'];
    const made = await cli(ADMIN_KEY, ...words, '--limit', 'queued_rows=7');
    expect(made.exitCode).toBe(0);
    const key = made.stdout.trim();
    expect(key).toMatch(/^tsk_[A-Za-z0-9_-]{43}$/);
    expect(made.stderr).toContain(`${key.slice(0, 12)}...  team  batches,files`);
    const clients = urls.map((url) => clientOf(url, key));
    for (const client of clients) expect((await client.batches.list()).data).toEqual([]);

    const listed = await cli(ADMIN_KEY, 'key', 'list', '--json');
    const [object] = listed.stdout.split('\n').map((line) => JSON.parse(line || '{}') as { id: string });
    expect(object).toMatchObject({ name: 'team', limits: { queued_rows: 7 } });

    expect((await cli(ADMIN_KEY, 'key', 'revoke', String(object?.id))).stdout).toContain('is revoked');
    for (const client of clients) {
      const outcome = async () =>
        client.batches.list().then(
          () => 'answered',
          (error: unknown) => (error instanceof OpenAI.AuthenticationError ? 'refused' : error),
        );
      await expect.poll(outcome, { timeout: 5_000, interval: 20 }).toBe('refused');
    }
  });

  it('says what is missing: a key, its scope', async () => {
    const [without, { stdout: key }] = await Promise.all([
      cli(undefined, 'key', 'list'),
      cli(ADMIN_KEY, 'key', 'create', 'worker', '--scopes', 'jobs'),
    ]);
    expect([without.exitCode, without.stdout]).toEqual([1, '']);
    expect(without.stderr).toContain('--api-key or TESSERA_API_KEY');
    expect((await cli(key.trim(), 'key', 'list')).stderr).toContain('`admin`');
  });
});

describe('tessera webhook secret', () => {
  it('prints the secret of the key that the service is asked with; without a service the one kept here', async () => {
    const made = await cli(ADMIN_KEY, 'key', 'create', 'receiver', '--scopes', 'webhooks');
    const kept = await runCli(['webhook', 'secret'], { environment: { TESSERA_DATA_DIR: folder.path } });
    expect(kept.stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
    expect((await cli(ADMIN_KEY, 'webhook', 'secret')).stdout).toBe(kept.stdout);
    const own = await cli(made.stdout.trim(), 'webhook', 'secret');
    expect(own.stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
    expect(own.stdout).not.toBe(kept.stdout);
  });
});

describe('tessera batch', () => {
  it('sends its key with what it uploads too, and the option comes first', async () => {
    const line = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: {} };
    const input = join(folder.path, 'requests.jsonl');
    await writeFile(input, `${JSON.stringify(line)}\n`);
    const [wrong, { stdout }] = await Promise.all([
      cli('wrong', 'batch', 'submit', input),
      cli('wrong', 'batch', 'submit', input, '--api-key', ADMIN_KEY),
    ]);
    expect([wrong.exitCode, wrong.stdout]).toEqual([1, '']);
    expect(wrong.stderr).toContain('invalid_api_key');
    expect(stdout).toMatch(/batch_[0-9a-f]{32}/);
    expect((await cli(ADMIN_KEY, 'batch', 'status', stdout.trim())).exitCode).toBe(0);
  });
});
