import { type AddressRules } from './address-rules.js';
import { checkUrlBy, describeUrl } from './check-url.js';
import { UrlInvalidError, UrlNotAllowedError } from './errors.js';

/** Where a redirect from `url` leads, checked like any URL; never from https to http. */
export function nextUrl(rules: AddressRules, url: URL, location: string): URL {
  let target: URL;
  try {
    target = new URL(location, url);
  } catch (cause) {
    throw new UrlInvalidError(`${describeUrl(url)} redirects to an address that cannot be parsed`, { cause });
  }
  const next = checkUrlBy(rules, target.href, false);
  if (url.protocol === 'https:' && next.protocol === 'http:') {
    throw new UrlNotAllowedError(next.hostname, `${describeUrl(url)} redirects to it from https to http`);
  }
  return next;
}
