import { type BatchRequest, type ChunkOutcome } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type BatchStore } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { partsPrefix, readPart } from '../chunk/part-files.js';
import { readCancel, readEnd, readInput, readManifest } from '../store/batch-objects.js';
import { planRecovery, type StoredPart, type UnendedBatch } from './plan-recovery.js';

const MANIFEST_KEY = /^batches\/([^/]+)\/batch\.json$/;
const PART_KEY = /\/(\d{8})-([^./]+)\.part\.json$/;

export interface RecoveredBatch {
  readonly id: string;
  /** `known`: Redis had it, and it was left alone. */
  readonly outcome: 'ended' | 'resumed' | 'known' | 'unreadable';
  /** Rows that need not run again. */
  readonly rowsDone: number;
}

/**
 * Tells a Redis that has lost its data of every batch that the object store has: ended ones can be looked at again, others
 * go on after the rows whose chunks were committed, or go on ending early. Batches that Redis knows stay as they are.
 */
export async function* recoverBatches(
  objectStore: ObjectStore,
  batches: Pick<BatchStore, 'restoreBatch'>,
  logger: Logger,
): AsyncGenerator<RecoveredBatch> {
  for await (const key of objectStore.list('batches/')) {
    const id = MANIFEST_KEY.exec(key)?.[1];
    if (id === undefined) continue;
    try {
      yield await recoverBatch(id, objectStore, batches);
    } catch (err) {
      logger.error({ err, batchId: id }, 'the batch cannot be recovered');
      yield { id, outcome: 'unreadable', rowsDone: 0 };
    }
  }
}

async function recoverBatch(
  id: string,
  objectStore: ObjectStore,
  batches: Pick<BatchStore, 'restoreBatch'>,
): Promise<RecoveredBatch> {
  const ended = await readEnd(objectStore, id);
  if (ended !== undefined) {
    const isNew = await batches.restoreBatch({ record: ended, parts: [], openChunks: [], nextChunk: 0 });
    return { id, outcome: isNew ? 'ended' : 'known', rowsDone: ended.completed + ended.failed };
  }
  const request = await readManifest(objectStore, id);
  if (request === undefined) throw new Error(`the manifest of ${id} is gone`);
  const plan = planRecovery(request, {
    input: await readInput(objectStore, id),
    parts: await storedParts(objectStore, id),
    ending: await endingOf(request, objectStore),
  });
  const isNew = await batches.restoreBatch(plan);
  const { completed, failed } = plan.record;
  return { id, outcome: isNew ? 'resumed' : 'known', rowsDone: completed + failed };
}

/** Why the rest of its rows need not run: it was cancelled, or its window has passed meanwhile. */
async function endingOf(
  { id, deadlineAtMs }: BatchRequest,
  objectStore: ObjectStore,
): Promise<UnendedBatch['ending']> {
  const cancellingAtMs = await readCancel(objectStore, id);
  if (cancellingAtMs !== undefined) return { earlyEnd: 'cancelled', atMs: cancellingAtMs };
  const nowMs = Date.now();
  return deadlineAtMs <= nowMs ? { earlyEnd: 'expired', atMs: nowMs } : undefined;
}

async function storedParts(objectStore: ObjectStore, batchId: string): Promise<StoredPart[]> {
  const parts: StoredPart[] = [];
  for await (const key of objectStore.list(partsPrefix(batchId))) {
    const [, index, token] = PART_KEY.exec(key) ?? [];
    if (index === undefined || token === undefined) continue;
    const outcome: ChunkOutcome = await readPart(objectStore, key);
    parts.push({ index: Number(index), chunk: { ...outcome, token } });
  }
  return parts;
}
