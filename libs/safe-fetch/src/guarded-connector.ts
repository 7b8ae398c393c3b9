import { type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { type AddressRules, type Reach } from './address-rules.js';
import { literalAddress } from './check-url.js';
import { UrlNotAllowedError } from './errors.js';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a host name. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface ConnectorOptions {
  readonly rules: AddressRules;
  readonly reach: Reach;
  readonly lookup: Lookup;
  readonly connectTimeoutMs: number;
}

/**
 * Connects only to addresses within reach. The very addresses that have passed are handed to the socket, so a name
 * that resolves to something else a moment later changes nothing.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(options), timeout: options.connectTimeoutMs });
  return (target, callback) => {
    // A socket asks no lookup about an address.
    const address = literalAddress(target.hostname);
    const reason = address === undefined ? undefined : options.rules.whyRefused(address, options.reach);
    if (reason === undefined) connect(target, callback);
    else callback(new UrlNotAllowedError(target.hostname, reason, address), null);
  };
}

function guardedLookup(options: ConnectorOptions): LookupFunction {
  return (hostname, { all }, callback) => {
    resolveWithinReach(hostname, options).then(
      ([first, ...others]) => {
        if (all) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}

async function resolveWithinReach(
  hostname: string,
  { rules, reach, lookup }: ConnectorOptions,
): Promise<[ResolvedAddress, ...ResolvedAddress[]]> {
  const addresses = await lookup(hostname);
  const [first, ...others] = addresses.filter(
    ({ address }) => rules.whyRefused(address, reach) === undefined,
  );
  if (first !== undefined) return [first, ...others];
  const [refused] = addresses;
  if (refused === undefined) throw new Error(`${hostname} has no address`);
  const reason = rules.whyRefused(refused.address, reach) ?? 'its address is off limits';
  throw new UrlNotAllowedError(hostname, reason, refused.address);
}
