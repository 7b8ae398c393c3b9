export { runChunk, type ChunkRunOptions } from './chunk/run-chunk.js';
export { batchPrefix, partsPrefix } from './chunk/part-files.js';
export { BatchRunner } from './dispatch/batch-runner.js';
export { type BatchStepOptions } from './dispatch/batch-steps.js';
export * from './errors.js';
