import { type Socket } from 'node:net';

/** Time that a client gets to take in an answer that came before its request was sent in full, in milliseconds. */
const LINGER_MS = 5_000;

/**
 * Destroys the connection after a while. To do it at once would reset it, and many a client would then see a broken
 * connection in place of the answer.
 * @returns keeps the connection after all
 */
export function cutOffLater(socket: Socket): () => void {
  const deadline = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  const keep = (): void => {
    clearTimeout(deadline);
    socket.off('close', keep);
  };
  socket.once('close', keep);
  return keep;
}
