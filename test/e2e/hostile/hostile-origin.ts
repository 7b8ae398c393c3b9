import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Writes whatever it likes to the connection of one request. */
export type RawResponder = (socket: Socket, path: string) => void;

/**
 * An HTTP server that need not keep to HTTP: each path is answered by bytes. Listens on an address of its own, so that
 * the system may be allowed to reach it and nothing else on loopback.
 */
export class HostileOrigin {
  private readonly responders = new Map<string, RawResponder>();
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.accept(socket));

  static readonly address = '127.0.0.2';

  async listen(): Promise<string> {
    this.server.listen(0, HostileOrigin.address);
    await once(this.server, 'listening');
    return `http://${HostileOrigin.address}:${(this.server.address() as AddressInfo).port}`;
  }

  /** @returns the path at which this answer waits from now on */
  serve(answer: Uint8Array | RawResponder): string {
    const path = `/${this.responders.size}`;
    this.responders.set(path, typeof answer === 'function' ? answer : wholeAnswer(answer));
    return path;
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    // Whoever fetches breaks connections off: that is the point of most answers.
    socket.on('error', () => socket.destroy());
    let head = '';
    const collect = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', collect);
      socket.resume();
      const target = head.split(' ', 2)[1] ?? '';
      const responder = this.responders.get(target.split('?', 1)[0] ?? '') ?? notFound;
      responder(socket, target);
    };
    socket.on('data', collect);
  }
}

function wholeAnswer(bytes: Uint8Array): RawResponder {
  return (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`);
    socket.end(bytes);
  };
}

const notFound: RawResponder = (socket) => {
  socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
};
