import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { vi } from 'vitest';

export interface Received {
  readonly headers: IncomingHttpHeaders & Record<string, string>;
  readonly body: string;
}

/** How a receiver answers a request; not at all, when it does nothing. */
export type Answer = (response: ServerResponse) => void;

export const WAIT_MS = 20_000;

export const answerWith =
  (status: number, headers: Record<string, string> = {}, body = 'thanks'): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body);

/** A real HTTP receiver on loopback. */
export class TestReceiver {
  readonly received: Received[] = [];
  answer: Answer = answerWith(204, {}, '');

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(answer?: Answer): Promise<TestReceiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new TestReceiver(
      server,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    );
    if (answer !== undefined) receiver.answer = answer;
    server.on('request', (request, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = request.headers as Received['headers'];
        receiver.received.push({ headers, body: Buffer.concat(chunks).toString() });
        receiver.answer(response);
      });
    });
    return receiver;
  }

  /** Everything received, once there is so much. */
  async requests(count: number): Promise<Received[]> {
    await vi.waitFor(
      () => {
        if (this.received.length < count) throw new Error(`${this.received.length} of ${count} requests`);
      },
      { timeout: WAIT_MS, interval: 5 },
    );
    return this.received;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
