import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startTestRedis, startTestS3, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

interface Report {
  readonly healthy: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly summary: string;
    readonly remedy?: string;
    readonly facts: Record<string, unknown>;
  }[];
}

let home: TemporaryDirectory;
beforeAll(async () => {
  home = await temporaryDirectory();
});
afterAll(() => home.remove());

async function examine(environment: Record<string, string>) {
  const dataFolder = { TESSERA_DATA_DIR: join(home.path, 'data'), PORT: '0' };
  const { exitCode, stdout, stderr } = await runCli(['doctor', '--json'], {
    environment: { ...dataFolder, ...environment },
  });
  const { healthy, checks } = JSON.parse(stdout) as Report;
  const check = (name: string) => checks.find((entry) => entry.name === name);
  return { exitCode, stderr, healthy, check, names: checks.map(({ name }) => name) };
}

async function listen(answer: number): Promise<{ port: number; server: Server }> {
  const server = createServer((_, response) => response.writeHead(answer).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

describe('tessera doctor', () => {
  it('finds this machine fit for the default settings, and says what it does not offer and why', async () => {
    const { exitCode, healthy, check, names } = await examine({});
    expect({ exitCode, healthy }).toEqual({ exitCode: 0, healthy: true });
    const devices = ['cpu', 'cuda', 'webgpu'];
    const places = ['redis', 'data folder', 'object store', 'model', 'ports'];
    expect(names).toEqual(['settings', 'system', 'runtime', ...devices, ...places]);
    expect(check('system')?.facts).toMatchObject({ node: process.versions.node });
    expect(check('runtime')?.facts.version).toMatch(/^1\.30\./);
    expect(check('cpu')).toMatchObject({ status: 'ok', facts: { usable: true, float16: true } });
    expect(check('model')).toMatchObject({ status: 'ok', facts: { id: 'tessera-tiny', kind: 'checkpoint' } });
    expect(check('data folder')?.facts).toMatchObject({ writable: true, exists: false });
    expect(check('cuda')).toMatchObject({ status: 'absent', facts: { runtime: { state: 'absent' } } });
    expect(check('cuda')?.summary).toMatch(/the CUDA build of ONNX Runtime 1\.30\.\d+ is not installed in /);
    expect(check('cuda')?.remedy).toBe('npx tessera runtime install cuda');
  });

  it('fails with exit code 1 and names everything that the settings need and that does not work', async () => {
    const { port, server } = await listen(404);
    const { exitCode, healthy, check } = await examine({
      TESSERA_DEVICE: 'cuda',
      REDIS_URL: 'redis://127.0.0.1:1',
      TESSERA_MODEL: home.path,
      TESSERA_DATA_DIR: '/proc/tessera',
      TESSERA_STORE: 's3://pictures',
      TESSERA_S3_ENDPOINT: 'http://127.0.0.1:1',
      PORT: String(port),
    });
    server.close();
    expect({ exitCode, healthy }).toEqual({ exitCode: 1, healthy: false });
    for (const name of ['cuda', 'redis', 'model', 'data folder', 'object store', 'ports']) {
      expect(check(name)).toMatchObject({ name, status: 'broken', remedy: expect.any(String) as string });
    }
    expect(check('cpu')?.status).toBe('ok');
    expect(check('redis')?.summary).toContain('ECONNREFUSED');
    expect(check('object store')?.summary).toContain('correct TESSERA_S3_ENDPOINT');
    expect(check('ports')?.remedy).toContain('EADDRINUSE');
  });

  it('knows a port that a Tessera process answers on, and a bucket that can be used', async () => {
    const { port, server } = await listen(200);
    const s3 = await startTestS3();
    const { check } = await examine({ PORT: String(port), ...s3.settings('tessera') });
    server.close();
    await s3.close();
    expect(check('object store')).toMatchObject({
      status: 'ok',
      summary: 's3://test-bucket/tessera can be written, read and emptied',
      facts: { kind: 's3', usable: true },
    });
    expect(check('ports')).toMatchObject({ status: 'ok', summary: `${port} (PORT) held by Tessera` });
  });

  it('finds nothing wrong with a Redis that loses nothing, and says what of another one does', async () => {
    const redis = await startTestRedis();
    const safe = await examine({ REDIS_URL: redis.url });
    expect(safe.check('redis')).toMatchObject({ status: 'ok', facts: { append_only: true } });
    const client = new Redis(redis.url);
    await client.config('SET', 'appendonly', 'no');
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await client.quit();
    const unsafe = await examine({ REDIS_URL: redis.url });
    await redis.stop();
    expect(unsafe.exitCode).toBe(0);
    expect(unsafe.check('redis')).toMatchObject({ status: 'warning', facts: { append_only: false } });
    for (const remedy of ['noeviction', 'appendonly yes'])
      expect(unsafe.check('redis')?.remedy).toContain(remedy);
  });

  it('survives a driver that crashes, and says so', async () => {
    const crash = `data:text/javascript,if (process.argv[2] === 'webgpu') process.kill(process.pid, 'SIGSEGV')`;
    const { exitCode, check } = await examine({ NODE_OPTIONS: `--import "${crash.replaceAll(' ', '%20')}"` });
    expect(exitCode).toBe(0);
    expect(check('webgpu')).toMatchObject({ status: 'absent' });
    expect(check('webgpu')?.summary).toContain('ended with SIGSEGV');
    expect(check('cpu')?.status).toBe('ok');
  });

  it('says in words what it found and what to do, and which settings cannot be read', async () => {
    const found = await runCli(['doctor'], { environment: { PORT: '0', TESSERA_DATA_DIR: home.path } });
    expect(found.stdout).toMatch(/^ok {7}system {8}Node /m);
    expect(found.stdout).toMatch(
      /^absent {3}cuda {10}cannot be used: .*\n +-> npx tessera runtime install cuda$/m,
    );
    const unreadable = await runCli(['doctor'], { environment: { TESSERA_THREADS: 'many' } });
    expect(unreadable.exitCode).toBe(1);
    expect(unreadable.stdout).toMatch(/^broken {3}settings {2}/);
    expect(unreadable.stdout).toContain('TESSERA_THREADS');
  });
});
