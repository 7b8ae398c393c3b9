export { checkUrl, type UrlRules } from './check-url.js';
export { collectBody } from './collect-body.js';
export * from './errors.js';
export { type Lookup, lookupBySystem, type ResolvedAddress } from './guarded-connector.js';
export {
  type FetchOptions,
  type PostOptions,
  type PostResult,
  SafeHttp,
  type SafeHttpOptions,
} from './safe-http.js';
