export { isAdminKey } from './admin-key.js';
export type { ApiKeyChange, ApiKeys, ApiKeyTerms, KeyVerdict, NewApiKey } from './api-keys.js';
export * from './errors.js';
export { isKeyId } from './key-text.js';
export { type ApiKeysOptions, openApiKeys } from './open-api-keys.js';
