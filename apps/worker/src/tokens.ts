/** What the worker's modules inject. */
export const CONFIG = Symbol('CONFIG');
export const LOGGER = Symbol('LOGGER');
export const ENGINE = Symbol('ENGINE');
export const OBJECT_STORE = Symbol('OBJECT_STORE');
export const INPUT_BUCKETS = Symbol('INPUT_BUCKETS');
export const IMAGE_FETCHER = Symbol('IMAGE_FETCHER');
