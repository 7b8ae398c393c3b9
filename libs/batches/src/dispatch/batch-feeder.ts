import { type BatchRecord, type ChunkRange } from '@tessera/contracts';
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

/** Inputs that are held open between two chunks; of other batches they are opened again where the next chunk begins. */
const MOST_OPEN_INPUTS = 64;

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
    private readonly objectStore: Pick<ObjectStore, 'open'>,
    private readonly maxLineBytes: number,
    private readonly logger: Logger,
  ) {}

  /**
   * Cuts chunks until every model has enough open ones. No rows of the paused batches are handed out; what they have open
   * counts as that of others, and so does what comes of it.
   */
  async feed(
    batches: readonly RunningBatch[],
    paused: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    this.forgetOthers(batches.filter(({ id }) => !paused.has(id)));
    const models = new Set(batches.map((batch) => batch.model));
    for (const model of this.sharesOf.keys()) if (!models.has(model)) this.sharesOf.delete(model);
    for (const model of models) {
      const { consumers, slots } = await this.ledger.capacityOf(model);
      const mostOpen = Math.max(FEWEST_OPEN_CHUNKS, consumers * CHUNKS_PER_WORKER);
      const mostWithIdle = mostOpen + Math.max(1, consumers * CHUNKS_FOR_IDLE_OWNERS);
      const shares = this.sharesOf.get(model) ?? new BatchShares();
      this.sharesOf.set(model, shares);
      await this.feedModel(
        batches
          .filter((batch) => batch.model === model)
          .map((batch) => (paused.has(batch.id) ? withoutRowsLeft(batch) : { ...batch })),
        { shares, mostOpen, mostWithIdle, slots },
        signal,
      );
    }
  }

  close(): void {
    this.forgetOthers([]);
  }

  private async feedModel(
    candidates: RunningBatch[],
    { shares, mostOpen, mostWithIdle, slots }: Feeding,
    signal: AbortSignal,
  ): Promise<void> {
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
        candidates.splice(candidates.indexOf(batch), 1, withoutRowsLeft(batch));
        continue;
      }
      batch.nextRow = cut.toRow;
      batch.nextByte = cut.toByte;
      batch.openChunks += 1;
      open += 1;
    }
  }

  /**
   * The chunk that was cut; undefined where none was cut, because another dispatcher was faster,
   * the batch ends, or its input cannot be read.
   */
  private async cutOne(
    batch: RunningBatch,
    { maxRows, isFirst }: { maxRows: number; isFirst: boolean },
    signal: AbortSignal,
  ): Promise<ChunkRange | undefined> {
    try {
      const cutter = this.cutterOf(batch);
      const range = await cutter.next(Math.min(maxRows, batch.total - batch.nextRow), signal);
      if (range !== undefined && (await this.ledger.cut(batch, range, { isFirst }))) return range;
    } catch (err) {
      this.logger.error({ err, batchId: batch.id }, 'no rows of the batch can be handed out');
    }
    this.forget(batch.id);
    return undefined;
  }

  private cutterOf({ id, inputKey, nextRow, nextByte }: RunningBatch): ChunkCutter {
    const known = this.cutters.get(id);
    const isKnown = known?.isAt(nextRow) === true;
    if (!isKnown) this.forget(id);
    const input = { key: inputKey, maxLineBytes: this.maxLineBytes };
    const cutter = isKnown
      ? known
      : new ChunkCutter(this.objectStore, input, { row: nextRow, byte: nextByte });
    // The one that was used last comes last.
    this.cutters.delete(id);
    this.cutters.set(id, cutter);
    const [unused] = this.cutters.keys();
    if (unused !== undefined && this.cutters.size > MOST_OPEN_INPUTS) this.forget(unused);
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

/** The batch as one of which all rows are handed out: only what it has open counts. */
function withoutRowsLeft(batch: RunningBatch): RunningBatch {
  return { ...batch, total: batch.nextRow };
}
