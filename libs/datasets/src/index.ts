export type * from './output.js';
export type * from './row.js';
export type * from './source.js';
