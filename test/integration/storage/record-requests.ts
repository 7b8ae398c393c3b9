import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface RequestRecorder {
  readonly endpoint: string;
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

/** A server that writes down every request and passes it on to `endpoint` unchanged, but for those that `refuse` takes. */
export async function recordRequests(
  endpoint: string,
  refuse: (request: IncomingMessage) => number | undefined = () => undefined,
): Promise<RequestRecorder> {
  const requests: IncomingMessage[] = [];
  const server = createServer((incoming, response) => {
    requests.push(incoming);
    const status = refuse(incoming);
    if (status !== undefined) {
      incoming.resume();
      response.writeHead(status).end();
      return;
    }
    const { method = 'GET', headers } = incoming;
    const outgoing = request(new URL(incoming.url ?? '', endpoint), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
