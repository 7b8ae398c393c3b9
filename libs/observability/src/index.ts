export * from './create-logger.js';
export * from './log-context.js';
export * from './nest-logger.js';
