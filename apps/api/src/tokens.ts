/** What the modules inject: made once in main.ts (or a test) and handed to {@link AppModule}. */
export const CONFIG = Symbol('CONFIG');
export const LOGGER = Symbol('LOGGER');
export const JOB_STORE = Symbol('JOB_STORE');
export const BATCH_STORE = Symbol('BATCH_STORE');
export const LIMIT_STORE = Symbol('LIMIT_STORE');
export const OBJECT_STORE = Symbol('OBJECT_STORE');
export const WEBHOOK_INDEX = Symbol('WEBHOOK_INDEX');
