import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { deleteManifest, writeCancel, writeManifest } from '@tessera/batches';
import { type BatchRecord, type BatchRequest, type Caller, type KeyLimits } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type BatchStore } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { IdempotencyKeyReusedError } from '../errors/job.errors.js';
import { OpenBatchesExceededError, QueuedRowsExceededError } from '../errors/limit.errors.js';
import { ServiceUnavailableError } from '../errors/request.errors.js';
import { ownershipOf } from '../jobs/to-job-record.js';
import { BATCH_STORE, LOGGER, OBJECT_STORE } from '../tokens.js';
import { newBatchId } from './batch-id.js';
import { type BatchTerms, requestOf, termsOf, toBatchRequest } from './to-batch-request.js';

/** What a request brings beside the terms of its batch. */
export interface BatchOrigin {
  readonly caller: Caller;
  readonly requestId: string;
  readonly idempotencyKey: string | undefined;
}

export interface KeptBatch {
  readonly record: BatchRecord;
  /** The Idempotency-Key made this batch earlier. */
  readonly replayed: boolean;
}

/** Keeps a batch: its manifest in the object store first, so that whatever is acknowledged outlives Redis. */
@Injectable()
export class KeepBatchService {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(BATCH_STORE) private readonly batchStore: BatchStore,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
  ) {}

  /** @throws {IdempotencyKeyReusedError | OpenBatchesExceededError | QueuedRowsExceededError} */
  async keep(terms: BatchTerms, { caller, requestId, idempotencyKey }: BatchOrigin): Promise<KeptBatch> {
    const id = newBatchId(caller.ownerId, idempotencyKey);
    // For a new id it asks whether Redis is there at all, before a manifest is written that nobody would know of.
    const earlier = await this.batchStore.getBatch(id);
    if (earlier !== undefined) return replayOf(earlier, terms);
    await this.checkLoad(caller);
    const facts = { id, ...ownershipOf(caller), ...limitsOf(caller), requestId, createdAtMs: Date.now() };
    const request = toBatchRequest(terms, facts);
    await this.writeManifest(request);
    const record = await this.createRecord(request, caller.limits);
    if (record.requestId === requestId) return { record, replayed: false };
    // The same key came twice at a time, and the other request was first: its manifest is the batch's.
    await this.writeManifest(requestOf(record));
    return replayOf(record, terms);
  }

  /**
   * Refuses what has no chance before anything is written. Open batches are counted again when the batch is made; how many
   * rows it has is only known, and checked, once it is validated.
   */
  private async checkLoad({ ownerId, limits }: Caller): Promise<void> {
    if (limits.openBatches === undefined && limits.queuedRows === undefined) return;
    const { openBatches, queuedRows } = await this.batchStore.loadOf(ownerId);
    const { openBatches: mostOpen = Infinity, queuedRows: mostRows = Infinity } = limits;
    if (openBatches >= mostOpen) throw new OpenBatchesExceededError(mostOpen, openBatches);
    if (queuedRows >= mostRows) throw new QueuedRowsExceededError(mostRows, queuedRows);
  }

  /** @throws {ServiceUnavailableError} though the batch ends: the client sends it again until it is kept */
  keepCancel(batchId: string, cancellingAtMs: number): Promise<void> {
    return this.write(writeCancel(this.objectStore, batchId, cancellingAtMs));
  }

  private writeManifest(request: BatchRequest): Promise<void> {
    return this.write(writeManifest(this.objectStore, request));
  }

  /** @throws {ServiceUnavailableError} whatever the store says: the client has chosen nothing of the key */
  private async write(writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } catch (cause) {
      throw new ServiceUnavailableError('object store', cause);
    }
  }

  /**
   * A failure may come after Redis has taken the batch. Its manifest is only deleted once Redis says that it has not;
   * where Redis cannot say, a manifest without a batch is the smaller harm than a batch without its manifest.
   */
  private async createRecord(request: BatchRequest, limits: KeyLimits): Promise<BatchRecord> {
    try {
      const outcome = await this.batchStore.createBatch(request, limits);
      if (outcome.kind === 'kept') return outcome.record;
      throw new OpenBatchesExceededError(limits.openBatches ?? outcome.openBatches, outcome.openBatches);
    } catch (failure) {
      const record = await this.batchStore.getBatch(request.id);
      if (record === undefined) {
        await this.removeManifest(request.id);
        throw failure;
      }
      this.logger.warn({ err: failure, batchId: request.id }, 'the batch was kept though an answer was lost');
      return record;
    }
  }

  /** Failing to must not hide what the client is to be told. */
  private async removeManifest(id: string): Promise<void> {
    try {
      await deleteManifest(this.objectStore, id);
    } catch (err) {
      this.logger.warn({ err, batchId: id }, 'the manifest of a batch that was not made is left behind');
    }
  }
}

function replayOf(record: BatchRecord, terms: BatchTerms): KeptBatch {
  if (!isDeepStrictEqual(termsOf(record), terms)) throw new IdempotencyKeyReusedError();
  return { record, replayed: true };
}

/** What a batch takes over of its caller's limits. */
function limitsOf({ limits }: Caller): Pick<BatchRequest, 'maxQueuedRows' | 'maxTokensPerDay'> {
  const { queuedRows, tokensPerDay } = limits;
  return {
    ...(queuedRows === undefined ? {} : { maxQueuedRows: queuedRows }),
    ...(tokensPerDay === undefined ? {} : { maxTokensPerDay: tokensPerDay }),
  };
}
