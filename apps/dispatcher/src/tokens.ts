/** What the dispatcher's modules inject. */
export const CONFIG = Symbol('CONFIG');
export const LOGGER = Symbol('LOGGER');
export const FILE_INDEX = Symbol('FILE_INDEX');
export const OBJECT_STORE = Symbol('OBJECT_STORE');
export const WEBHOOK_INDEX = Symbol('WEBHOOK_INDEX');
