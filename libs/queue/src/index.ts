export * from './connection.js';
export * from './errors.js';
export * from './files/file-index.js';
export * from './files/stored-bytes.js';
export * from './files/upload-index.js';
export * from './job-consumer.js';
export * from './job-queue.js';
export * from './job-upkeep.js';
export * from './keys/key-cache.js';
export * from './limits/limit-store.js';
export * from './webhook-consumer.js';
export { type KeyCacheOptions, openKeyCache } from './keys/open-key-cache.js';
export { parseApiKeyRecord } from './keys/record-json.js';
export { openJobStore, type JobStoreOptions } from './job-store/open-job-store.js';
export { openFileIndex } from './files/open-file-index.js';
export { parseFileRecord } from './files/record-json.js';
export { openLimitStore, type LimitStoreOptions } from './limits/open-limit-store.js';
export { inBatches } from './in-batches.js';
export { RepeatedPass } from './upkeep/repeated-pass.js';
export { AttemptAbortedError, type AbortReason } from './consumer/attempt-aborted.js';
export { startJobConsumer } from './consumer/start-job-consumer.js';
export { startJobUpkeep } from './upkeep/start-job-upkeep.js';
export { openWebhookIndex } from './webhooks/open-webhook-index.js';
export { startWebhookConsumer } from './webhooks/start-webhook-consumer.js';
export { parseEndpointRecord } from './webhooks/webhook-records.js';
export type {
  DeliveryLogBounds,
  DeliveryPage,
  DeliveryQuery,
  WebhookIndex,
} from './webhooks/webhook-index.js';
export { toJobObject } from './to-job-object.js';
export { Turns, type TurnKind } from './consumer/turns.js';
export type {
  BatchLoad,
  BatchPage,
  BatchQuery,
  BatchStore,
  CommittedChunk,
  CreateBatchOutcome,
  EndEarlyOutcome,
  RestoredBatch,
} from './batches/batch-store.js';
export type { BatchLedger } from './batches/batch-ledger.js';
export type { BeginOutcome, FinalizeOutcome, ValidatedInput } from './batches/batch-scripts.js';
export type { ChunkAttempt, ChunkConsumer, ChunkConsumerOptions } from './batches/chunk-consumer.js';
export { ChunkLostError, ChunkStoppedError, CommittedChunksGoneError } from './batches/chunk-errors.js';
export type { ChunkEffort, ChunkKey, ChunkRefusal, RowTurn, StartedChunk } from './batches/chunk-scripts.js';
export { openBatchLedger } from './batches/open-batch-ledger.js';
export { openBatchStore, type BatchStoreOptions } from './batches/open-batch-store.js';
export { startChunkConsumer } from './batches/start-chunk-consumer.js';
export { toBatchObject } from './batches/to-batch-object.js';
