import { type AnyTensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import { copyHostPositions } from './copy-host-positions.js';
import { type RowPair, type TensorMemory } from './memory/tensor-memory.js';
import { type SlotClass } from './policy/slot-classes.js';

/** Sizes of the language model's KV cache. */
export interface CacheShape {
  readonly layerCount: number;
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  readonly elementType: ActivationType;
}

const BYTES_PER_VALUE: Record<ActivationType, number> = { float32: 4, float16: 2 };

/** Bytes that one position takes over all layers. */
export function cacheBytesPerToken(shape: CacheShape): number {
  return shape.layerCount * 2 * shape.keyValueHeadCount * shape.headSize * BYTES_PER_VALUE[shape.elementType];
}

/** One layer's keys or values for a run. */
export interface CacheView {
  /** `0.key`, `0.value`, `1.key`, ...: what follows `past_key_values.` and `present.` in the graph. */
  readonly name: string;
  readonly tensor: AnyTensor<ActivationType>;
}

/** The KV cache of one length class: per layer two buffers [slots, kvHeads, capacity, headSize]. */
export class KvCache {
  private constructor(
    private readonly memory: TensorMemory,
    private readonly buffers: readonly CacheView[],
    /** One more slot, [1, kvHeads, capacity, headSize], for runs over a row that no view can reach. */
    private readonly staging: readonly CacheView[],
  ) {}

  static async allocate(memory: TensorMemory, shape: CacheShape, slotClass: SlotClass): Promise<KvCache> {
    const { slotCount } = slotClass;
    const buffers = await allocateSlots(memory, shape, slotClass);
    const needsStaging = !memory.viewsAnyRow && slotCount > 1;
    try {
      const staging = needsStaging ? await allocateSlots(memory, shape, { ...slotClass, slotCount: 1 }) : [];
      return new KvCache(memory, buffers, staging);
    } catch (error) {
      disposeAll(buffers);
      throw error;
    }
  }

  /** Views of the first `count` slots; the caller disposes them. */
  firstRows(count: number): CacheView[] {
    return viewRows(this.buffers, 0, count);
  }

  /**
   * Lets a run extend one slot in place: `run` is given views of its row, which it disposes.
   * @param held positions of the slot that the run reads
   */
  async extendSlot<T>(slot: number, held: number, run: (row: CacheView[]) => Promise<T>): Promise<T> {
    if (this.memory.viewsAnyRow || slot === 0) return run(viewRows(this.buffers, slot, 1));
    const { buffers, staging } = this;
    if (held > 0) await this.memory.moveRows(pairUp(buffers, staging), { first: slot, count: 1, target: 0 });
    const result = await run(viewRows(staging, 0, 1));
    await this.memory.moveRows(pairUp(staging, buffers), { first: 0, count: 1, target: slot });
    return result;
  }

  /**
   * Copies the first `positions` positions of one slot into another, on a device with whatever lies behind them. In
   * process memory the event loop gets its turns meanwhile.
   */
  async copySlot(from: number, to: number, positions: number): Promise<void> {
    const { memory, buffers } = this;
    for (const { tensor } of buffers) {
      if (tensor.memoryKind === 'host') await copyHostPositions(tensor, { from, to, positions });
    }
    const onDevice = buffers.filter(({ tensor }) => tensor.memoryKind === 'device');
    await memory.moveRows(pairUp(onDevice, onDevice), { first: from, count: 1, target: to });
  }

  dispose(): void {
    disposeAll([...this.buffers, ...this.staging]);
  }
}

async function allocateSlots(
  memory: TensorMemory,
  { layerCount, keyValueHeadCount, headSize, elementType }: CacheShape,
  { slotCount, capacityTokens }: SlotClass,
): Promise<CacheView[]> {
  const dims = [slotCount, keyValueHeadCount, capacityTokens, headSize];
  const views: CacheView[] = [];
  try {
    for (let layer = 0; layer < layerCount; layer++) {
      for (const part of ['key', 'value']) {
        views.push({ name: `${layer}.${part}`, tensor: await memory.allocate(elementType, dims) });
      }
    }
    return views;
  } catch (error) {
    disposeAll(views);
    throw error;
  }
}

function viewRows(buffers: readonly CacheView[], first: number, count: number): CacheView[] {
  return buffers.map(({ name, tensor }) => ({ name, tensor: tensor.rows(first, count) }));
}

function pairUp(from: readonly CacheView[], to: readonly CacheView[]): RowPair[] {
  return from.map(({ tensor }, index) => ({ from: tensor, to: (to[index] as CacheView).tensor }));
}

function disposeAll(views: readonly CacheView[]): void {
  for (const { tensor } of views) tensor.dispose();
}
