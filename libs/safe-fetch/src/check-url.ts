import { isIP } from 'node:net';
import { AddressRules, type Reach } from './address-rules.js';
import { UrlInvalidError, UrlNotAllowedError } from './errors.js';

export interface UrlRules {
  /** CIDR blocks of addresses that are reached although they are not public. */
  readonly allowedPrivateNetworks: readonly string[];
  /** `http:` only into those networks. Default: false. */
  readonly httpsOnly?: boolean;
}

/**
 * Checks what a URL shows by itself; no name is resolved. What a name leads to is checked as the connection is made.
 * @throws {UrlInvalidError} for what is not an http(s) URL, or carries credentials
 * @throws {UrlNotAllowedError} for addresses, in any spelling, and names that are off limits
 */
export function checkUrl(text: string, rules: UrlRules): URL {
  return checkUrlBy(new AddressRules(rules.allowedPrivateNetworks), text, rules.httpsOnly ?? false);
}

/** {@link checkUrl} with rules that are parsed already. */
export function checkUrlBy(rules: AddressRules, text: string, httpsOnly: boolean): URL {
  const url = parse(text);
  const reach = reachOf(url, httpsOnly);
  if (reach === 'allowed-networks-only' && !rules.allowsAnyNetwork) {
    throw new UrlInvalidError(
      'its scheme must be https (http only to addresses in TESSERA_ALLOWED_PRIVATE_NETWORKS)',
    );
  }
  const reason = whyHostRefused(url, rules, reach);
  if (reason !== undefined) throw new UrlNotAllowedError(url.hostname, reason);
  return url;
}

/** How far a request to `url` may reach. */
export function reachOf(url: URL, httpsOnly: boolean): Reach {
  return httpsOnly && url.protocol === 'http:' ? 'allowed-networks-only' : 'public';
}

/** The IP address that a URL's or socket's host is, without the brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}

/** A URL in messages and logs: query and fragment, which may hold secrets, are left out. */
export function describeUrl(url: URL): string {
  const text = `${url.origin}${url.pathname}`;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function parse(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new UrlInvalidError('it cannot be parsed', { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UrlInvalidError(`its scheme is ${url.protocol.slice(0, -1)}; allowed are http and https`);
  }
  if (url.username !== '' || url.password !== '') throw new UrlInvalidError('it carries credentials');
  return url;
}

function whyHostRefused(url: URL, rules: AddressRules, reach: Reach): string | undefined {
  const address = literalAddress(url.hostname);
  if (address !== undefined) return rules.whyRefused(address, reach);
  const name = url.hostname.replace(/\.+$/, '');
  if (name !== 'localhost' && !name.endsWith('.localhost')) return undefined;
  // By RFC 6761 the name means loopback whatever a resolver says; it may, where loopback may.
  const [v4, v6] = ['127.0.0.1', '::1'].map((loopback) => rules.whyRefused(loopback, reach));
  return v6 === undefined ? undefined : v4;
}
