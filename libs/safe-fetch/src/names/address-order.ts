import { getDefaultResultOrder } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { type ResolvedAddress } from '../guarded-connector.js';

/** As the system's resolver would sort them: IPv6 first where this machine has a public IPv6 address, else IPv4. */
export function inOrderOfUse(addresses: readonly ResolvedAddress[]): readonly ResolvedAddress[] {
  const preferred = isIPv6First() ? 6 : 4;
  return addresses.toSorted((a, b) => Number(b.family === preferred) - Number(a.family === preferred));
}

function isIPv6First(): boolean {
  const order: string = getDefaultResultOrder();
  if (order !== 'verbatim') return order === 'ipv6first';
  const addresses = Object.values(networkInterfaces()).flatMap((known = []) => known);
  return addresses.some(({ family, address }) => family === 'IPv6' && /^[23]/.test(address));
}
