import { Inject, Injectable } from '@nestjs/common';
import {
  type Batch,
  type BatchRecord,
  type CreateBatchBody,
  isFinalBatchStatus,
  type RetryBatchBody,
} from '@tessera/contracts';
import { type BatchQuery, type BatchStore, toBatchObject } from '@tessera/queue';
import {
  BatchFinishedError,
  BatchNotFinishedError,
  BatchNotFoundError,
  NothingToRetryError,
} from '../errors/batch.errors.js';
import { type ListEnvelope, toListEnvelope } from '../http/to-list-envelope.js';
import { BATCH_STORE } from '../tokens.js';
import { isBatchId } from './batch-id.js';
import { type BatchOrigin, KeepBatchService, type KeptBatch } from './keep-batch.service.js';
import { toBatchTerms, toRetryTerms } from './to-batch-request.js';

@Injectable()
export class BatchesService {
  constructor(
    @Inject(BATCH_STORE) private readonly batchStore: BatchStore,
    @Inject(KeepBatchService) private readonly keeping: KeepBatchService,
  ) {}

  create(body: CreateBatchBody, origin: BatchOrigin): Promise<KeptBatch> {
    return this.keeping.keep(toBatchTerms(body), origin);
  }

  /**
   * Makes a batch of the rows that failed in an ended one, or never ran.
   * @throws {BatchNotFoundError | BatchNotFinishedError | NothingToRetryError}
   */
  async retry(id: string, body: RetryBatchBody, origin: BatchOrigin): Promise<KeptBatch> {
    const earlier = await this.find(id, origin.caller.ownerId);
    if (!isFinalBatchStatus(earlier.status)) throw new BatchNotFinishedError(id, earlier.status);
    if (earlier.errorFileId === undefined) throw new NothingToRetryError(id, earlier.status);
    return this.keeping.keep(toRetryTerms(earlier, body), origin);
  }

  /** The owner's batch of this id. @throws {BatchNotFoundError} also where it is another owner's */
  async find(id: string, ownerId: string): Promise<BatchRecord> {
    const record = isBatchId(id) ? await this.batchStore.getBatch(id) : undefined;
    if (record?.ownerId !== ownerId) throw new BatchNotFoundError(id);
    return record;
  }

  async list(query: BatchQuery): Promise<ListEnvelope<Batch>> {
    const { records, hasMore } = await this.batchStore.listBatches(query);
    return toListEnvelope(records.map(toBatchObject), hasMore);
  }

  /**
   * The answer waits until the store knows: an acknowledged cancel outlives Redis.
   * @throws {BatchNotFoundError | BatchFinishedError}
   */
  async cancel(id: string, ownerId: string): Promise<BatchRecord> {
    await this.find(id, ownerId);
    const outcome = await this.batchStore.cancelBatch(id);
    if (outcome.kind === 'not_found') throw new BatchNotFoundError(id);
    if (outcome.kind === 'refused') throw new BatchFinishedError(id, outcome.status);
    const { status, cancellingAtMs } = outcome.record;
    if (status === 'cancelling' && cancellingAtMs !== undefined) {
      await this.keeping.keepCancel(id, cancellingAtMs);
    }
    return outcome.record;
  }
}
