import { BlockList, isIP } from 'node:net';
import { type Config } from '@tessera/config';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The API was told to listen where strangers reach it, and asks nobody for a key. */
export class ListenNotAllowedError extends Error {
  constructor(readonly host: string) {
    super(
      `HOST=${host} is beyond loopback, and nobody is asked for a key: anyone who reaches the API could use it. ` +
        'Set TESSERA_ADMIN_KEY to a secret of at least 16 characters, or listen on 127.0.0.1.',
    );
    this.name = 'ListenNotAllowedError';
  }
}

/** @throws {ListenNotAllowedError} beyond loopback without TESSERA_ADMIN_KEY */
export function assertListenAllowed({ http: { host }, access }: Pick<Config, 'http' | 'access'>): void {
  if (access.adminKey !== undefined || isLoopback(host)) return;
  throw new ListenNotAllowedError(host);
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
