import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** Listens where no image or webhook URL may lead, and counts who comes. */
export interface ForbiddenListener {
  readonly port: number;
  readonly connectionCount: number;
  stop(): Promise<void>;
}

/** On 127.0.0.1, and on the same port of ::1 where the machine has IPv6. */
export async function startForbiddenListener(): Promise<ForbiddenListener> {
  let connectionCount = 0;
  const servers: Server[] = [];
  const listen = async (host: string, port: number): Promise<number> => {
    const server = createServer((socket) => {
      connectionCount += 1;
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret');
    });
    server.listen(port, host);
    await once(server, 'listening');
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const port = await listen('127.0.0.1', 0);
  await listen('::1', port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT') throw error;
  });
  return {
    port,
    get connectionCount() {
      return connectionCount;
    },
    stop: async () => {
      for (const server of servers) {
        server.close();
        await once(server, 'close');
      }
    },
  };
}
