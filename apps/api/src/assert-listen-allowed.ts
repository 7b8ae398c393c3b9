import { BlockList, isIP } from 'node:net';
import { type Config } from '@tessera/config';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The API was told to listen where strangers reach it, and asks nobody for a key. */
export class ListenNotAllowedError extends Error {
  constructor(readonly host: string) {
    super(
      `HOST=${host} is beyond loopback, and there are no API keys yet: anyone who reaches it could use it. ` +
        'Listen on 127.0.0.1 behind a proxy that asks who is there, or set TESSERA_INSECURE_LISTEN=1 ' +
        'where something else protects the port, as in a container.',
    );
    this.name = 'ListenNotAllowedError';
  }
}

/** @throws {ListenNotAllowedError} beyond loopback without TESSERA_INSECURE_LISTEN */
export function assertListenAllowed({ host, insecureListen }: Config['http']): void {
  if (insecureListen || isLoopback(host)) return;
  throw new ListenNotAllowedError(host);
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
