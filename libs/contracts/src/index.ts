export * from './caption-row.js';
export * from './error-codes.js';
export * from './job-record.js';
export * from './job-request.js';
export * from './job.js';
export * from './messages.js';
export * from './served-model.js';
export * from './tessera-error.js';
