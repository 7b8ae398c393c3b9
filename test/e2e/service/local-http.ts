import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real HTTP server on loopback that serves pictures and takes webhooks. */
export class LocalHttp {
  private readonly received: ReceivedRequest[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param respond status and body for a request; everything received can be waited for */
  static async start(
    respond: (received: ReceivedRequest, count: number) => { status: number; body?: Uint8Array },
  ): Promise<LocalHttp> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const local = new LocalHttp(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (httpRequest, response) => {
      const chunks: Buffer[] = [];
      httpRequest.on('data', (chunk: Buffer) => chunks.push(chunk));
      httpRequest.on('end', () => {
        const received = {
          path: httpRequest.url ?? '',
          headers: httpRequest.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        local.received.push(received);
        const { status, body } = respond(received, local.at(received.path).length);
        response.writeHead(status).end(body);
        local.wake();
      });
    });
    return local;
  }

  /** Requests to `path`, in order, once there are `count` of them. */
  async requests(path: string, count: number): Promise<ReceivedRequest[]> {
    while (this.at(path).length < count) await new Promise<void>((resolve) => this.waiting.add(resolve));
    return this.at(path);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private at(path: string): ReceivedRequest[] {
    return this.received.filter((received) => received.path === path);
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
