import { type BatchRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type BatchLedger } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { ChunkCutter } from '../input/chunk-cutter.js';
import { BatchShares, hasNothingOpen } from './batch-shares.js';
import { rowsPerChunk } from './rows-per-chunk.js';

/** Chunks that are open for every worker of a model: one less than it works on, so that none waits in the queue. */
const CHUNKS_PER_WORKER = 4;
/** Open beyond these for every worker, of owners that have nothing else open: their rows wait for nobody's chunk to end. */
const CHUNKS_FOR_IDLE_OWNERS = 1;
/** Open where no worker is there yet. */
const FEWEST_OPEN_CHUNKS = 2;

/** A batch whose input has been validated. */
export type RunningBatch = BatchRecord & { readonly model: string; readonly inputKey: string };

interface Feeding {
  readonly shares: BatchShares;
  readonly mostOpen: number;
  /** Of owners that have nothing open. */
  readonly mostWithIdle: number;
  readonly slots: number;
}

/** Hands rows of running batches to the workers, chunk by chunk, no further ahead than they need. */
export class BatchFeeder {
  private readonly cutters = new Map<string, ChunkCutter>();
  private readonly sharesOf = new Map<string, BatchShares>();

  constructor(
    private readonly ledger: Pick<BatchLedger, 'capacityOf' | 'cut'>,
    private readonly objectStore: ObjectStore,
    private readonly maxLineBytes: number,
    private readonly logger: Logger,
  ) {}

  /** Cuts chunks until every model has enough open ones. */
  async feed(batches: readonly RunningBatch[], signal: AbortSignal): Promise<void> {
    this.forgetOthers(batches);
    const models = new Set(batches.map((batch) => batch.model));
    for (const model of this.sharesOf.keys()) if (!models.has(model)) this.sharesOf.delete(model);
    for (const model of models) {
      const { consumers, slots } = await this.ledger.capacityOf(model);
      const mostOpen = Math.max(FEWEST_OPEN_CHUNKS, consumers * CHUNKS_PER_WORKER);
      const mostWithIdle = mostOpen + Math.max(1, consumers * CHUNKS_FOR_IDLE_OWNERS);
      const shares = this.sharesOf.get(model) ?? new BatchShares();
      this.sharesOf.set(model, shares);
      await this.feedModel(
        batches.filter((batch) => batch.model === model),
        { shares, mostOpen, mostWithIdle, slots },
        signal,
      );
    }
  }

  close(): void {
    this.forgetOthers([]);
  }

  private async feedModel(
    batches: readonly RunningBatch[],
    { shares, mostOpen, mostWithIdle, slots }: Feeding,
    signal: AbortSignal,
  ): Promise<void> {
    const candidates = batches.map((batch) => ({ ...batch }));
    let open = candidates.reduce((sum, { openChunks }) => sum + openChunks, 0);
    shares.note(candidates);
    while (!signal.aborted) {
      const batch = shares.choose(candidates);
      if (batch === undefined) return;
      const isFirst = hasNothingOpen(batch, candidates);
      if (open >= (isFirst ? mostWithIdle : mostOpen)) return;
      const cut = await this.cutOne(batch, { maxRows: rowsPerChunk(batch.rowMs, slots), isFirst }, signal);
      if (cut === undefined) {
        // The next pass sees how it stands; meanwhile the others go on.
        candidates.splice(candidates.indexOf(batch), 1);
        continue;
      }
      batch.nextRow = cut;
      batch.openChunks += 1;
      open += 1;
    }
  }

  /**
   * Row where the next chunk begins after this one; undefined where none was cut, because another dispatcher was faster,
   * the batch ends, or its input cannot be read.
   */
  private async cutOne(
    batch: RunningBatch,
    { maxRows, isFirst }: { maxRows: number; isFirst: boolean },
    signal: AbortSignal,
  ): Promise<number | undefined> {
    try {
      const cutter = this.cutterOf(batch);
      const range = await cutter.next(Math.min(maxRows, batch.total - batch.nextRow), signal);
      if (range !== undefined && (await this.ledger.cut(batch, range, { isFirst }))) return range.toRow;
    } catch (err) {
      this.logger.error({ err, batchId: batch.id }, 'no rows of the batch can be handed out');
    }
    this.forget(batch.id);
    return undefined;
  }

  private cutterOf({ id, inputKey, nextRow, nextByte }: RunningBatch): ChunkCutter {
    const known = this.cutters.get(id);
    if (known?.isAt(nextRow) === true) return known;
    this.forget(id);
    const cutter = new ChunkCutter(
      this.objectStore,
      { key: inputKey, maxLineBytes: this.maxLineBytes },
      { row: nextRow, byte: nextByte },
    );
    this.cutters.set(id, cutter);
    return cutter;
  }

  private forgetOthers(batches: readonly { id: string }[]): void {
    const ids = new Set(batches.map(({ id }) => id));
    for (const id of [...this.cutters.keys()]) if (!ids.has(id)) this.forget(id);
  }

  private forget(id: string): void {
    this.cutters.get(id)?.close();
    this.cutters.delete(id);
  }
}
