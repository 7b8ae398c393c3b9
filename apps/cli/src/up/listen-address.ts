import { once } from 'node:events';
import { createServer } from 'node:net';
import { ListenAddressError, PortInUseError } from './errors.js';

/**
 * Makes sure that `port` of `host` can be listened on, and picks a free one for port 0.
 * @throws PortInUseError, ListenAddressError
 */
export async function findListenPort(host: string, port: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    if (cause.code === 'EADDRINUSE') throw new PortInUseError(host, port, { cause });
    throw new ListenAddressError(host, port, { cause });
  }
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('the probe has no TCP address');
  return address.port;
}

/** Where a client on this machine reaches a server that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
