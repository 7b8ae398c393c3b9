export { runChunk, type ChunkRunOptions } from './chunk/run-chunk.js';
export { type PartName, partsPrefix } from './chunk/part-files.js';
export { finishedFileOf, linesSoFar, type ResultSources } from './results/lines-so-far.js';
export { recoverBatches, type RecoveredBatch } from './recovery/recover-batches.js';
export { deleteManifest, writeCancel, writeManifest } from './store/batch-objects.js';
export { BatchRunner, type BatchRunnerOptions } from './dispatch/batch-runner.js';
export { type BatchStepOptions } from './dispatch/batch-steps.js';
export { sweepParts } from './dispatch/sweep-parts.js';
export * from './errors.js';
