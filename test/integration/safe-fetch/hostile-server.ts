import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface HostileServer {
  readonly port: number;
  readonly origin: string;
  /** Requests so far. */
  readonly requests: { method: string; path: string; body: string; headers: IncomingMessage['headers'] }[];
  readonly connectionCount: number;
  /** What a path is answered with; others are 404. */
  answer(path: string, answer: Answer): void;
  stop(): Promise<void>;
}

/** A real HTTP server on loopback whose answers the test writes. */
export async function startHostileServer(): Promise<HostileServer> {
  const answers = new Map<string, Answer>();
  const requests: HostileServer['requests'] = [];
  let connectionCount = 0;
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      requests.push({
        method: request.method ?? '',
        path,
        body: Buffer.concat(chunks).toString(),
        headers: request.headers,
      });
      const answer = answers.get(path.replace(/\?.*/, ''));
      if (answer === undefined) response.writeHead(404).end('nothing here');
      else answer(response, request);
    });
  };
  const server = createServer(listener);
  server.on('connection', () => (connectionCount += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests,
    get connectionCount() {
      return connectionCount;
    },
    answer: (path, answer) => void answers.set(path, answer),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
