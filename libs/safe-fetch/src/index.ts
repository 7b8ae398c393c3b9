export { cachedLookup, type CachedLookupOptions } from './cached-lookup.js';
export { checkUrl, type UrlRules } from './check-url.js';
export { collectBody } from './collect-body.js';
export * from './errors.js';
export { type Lookup, type ResolvedAddress } from './guarded-connector.js';
export { NameResolver, type NameResolverOptions } from './names/name-resolver.js';
export { type Clock } from './polite/clock.js';
export { BULK_PATIENCE, type Patience, SERVICE_PATIENCE } from './polite/patience.js';
export { PoliteFetcher, type PoliteFetcherOptions } from './polite/polite-fetcher.js';
export {
  type FetchOptions,
  type PostOptions,
  type PostResult,
  SafeHttp,
  type SafeHttpOptions,
  type UrlFetcher,
} from './safe-http.js';
