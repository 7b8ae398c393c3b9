import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Sends these bytes as they are. */
export async function openConnection(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** Everything that comes until the server closes the connection. */
export async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export interface RawAnswer {
  status: number;
  head: string;
  body: unknown;
}

/** The one JSON answer that a connection brings before it is closed. */
export async function readAnswer(socket: Socket): Promise<RawAnswer> {
  const text = await readToEnd(socket);
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: JSON.parse(body) as unknown };
}
