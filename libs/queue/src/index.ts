export * from './connection.js';
export * from './job-consumer.js';
export * from './job-queue.js';
export * from './job-upkeep.js';
export * from './webhook-consumer.js';
