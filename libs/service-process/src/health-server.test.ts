import { afterEach, describe, expect, it } from 'vitest';
import { type HealthServer, startHealthServer } from './health-server.js';

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${server?.port}${path}`);
  return { status: response.status, body: await response.json() };
}

describe('startHealthServer', () => {
  it('is live from the start and ready once every part is ok', async () => {
    const parts = { model: 'loading', redis: 'ok' };
    server = await startHealthServer(0, async () => parts);
    expect(await get('/health/live')).toEqual({ status: 200, body: { status: 'live' } });
    expect(await get('/health/ready')).toEqual({ status: 503, body: { status: 'not_ready', parts } });
    parts.model = 'ok';
    expect(await get('/health/ready')).toEqual({ status: 200, body: { status: 'ready', parts } });
  });

  it('is not ready, and says why, when the check itself fails', async () => {
    server = await startHealthServer(0, () => Promise.reject(new Error('no connection')));
    expect(await get('/health/ready')).toEqual({
      status: 503,
      body: { status: 'not_ready', parts: { readiness: 'Error: no connection' } },
    });
  });

  it('knows no other path', async () => {
    server = await startHealthServer(0, async () => ({}));
    expect((await get('/')).status).toBe(404);
  });
});
