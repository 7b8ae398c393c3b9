/** What the dispatcher's modules inject. */
export const CONFIG = Symbol('CONFIG');
export const LOGGER = Symbol('LOGGER');
export const FILE_INDEX = Symbol('FILE_INDEX');
export const OBJECT_STORE = Symbol('OBJECT_STORE');
export const SAFE_HTTP = Symbol('SAFE_HTTP');
export const WEBHOOK_SECRET = Symbol('WEBHOOK_SECRET');
