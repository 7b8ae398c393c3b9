export * from './architecture-errors.js';
export * from './checkpoint-errors.js';
export { ConversionError } from './conversion-error.js';
export * from './output-errors.js';
export * from './tensor-errors.js';
