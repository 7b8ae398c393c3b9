import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** Each part by name: `ok`, or what is wrong, in words. */
export type Readiness = Readonly<Record<string, string>>;

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers `GET /health/live` (200 while the process runs) and `GET /health/ready` (200 when every part is `ok`, else
 * 503; the body says which is not) on loopback, for processes that have no HTTP of their own.
 * @param port 0 takes a free one
 */
export async function startHealthServer(
  port: number,
  readiness: () => Promise<Readiness>,
): Promise<HealthServer> {
  const server = createServer((httpRequest, response) => {
    void answer(httpRequest.url, readiness, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an AddressInfo.
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

async function answer(
  path: string | undefined,
  readiness: () => Promise<Readiness>,
  response: ServerResponse,
): Promise<void> {
  if (path === '/health/live') return send(response, 200, { status: 'live' });
  if (path !== '/health/ready') return send(response, 404, { status: 'unknown_path' });
  const parts = await readiness().catch((error: unknown): Readiness => ({ readiness: String(error) }));
  const ready = Object.values(parts).every((part) => part === 'ok');
  send(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', parts });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
