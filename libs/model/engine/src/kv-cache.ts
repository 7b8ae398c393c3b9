import { type OrtRuntime, type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import { TimeSlices } from './time-slices.js';
import { type SlotClass } from './policy/slot-classes.js';

/** Sizes of the language model's KV cache. */
export interface CacheShape {
  readonly layerCount: number;
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  readonly elementType: ActivationType;
}

const BYTES_PER_VALUE: Record<ActivationType, number> = { float32: 4, float16: 2 };
/** How long a copy may keep the event loop from turning. */
const COPY_SLICE_MS = 5;
/** A copy looks at the clock after this much: 1 MiB. */
const COPY_PIECE_VALUES = 2 ** 18;

/** Bytes that one position takes over all layers. */
export function cacheBytesPerToken(shape: CacheShape): number {
  return shape.layerCount * 2 * shape.keyValueHeadCount * shape.headSize * BYTES_PER_VALUE[shape.elementType];
}

/** One layer's keys or values for a run. */
export interface CacheView {
  /** `0.key`, `0.value`, `1.key`, ...: what follows `past_key_values.` and `present.` in the graph. */
  readonly name: string;
  readonly tensor: Tensor<ActivationType>;
}

/** The KV cache of one length class: per layer two buffers [slots, kvHeads, capacity, headSize]. */
export class KvCache {
  private readonly buffers: readonly CacheView[];

  constructor(
    runtime: OrtRuntime,
    private readonly shape: CacheShape,
    private readonly slotClass: SlotClass,
  ) {
    const dims = [slotClass.slotCount, shape.keyValueHeadCount, slotClass.capacityTokens, shape.headSize];
    this.buffers = Array.from({ length: shape.layerCount }, (_, layer) =>
      ['key', 'value'].map((part) => ({
        name: `${layer}.${part}`,
        tensor: runtime.allocate(shape.elementType, dims),
      })),
    ).flat();
  }

  /** Views of `count` consecutive slots; the caller disposes them. */
  rows(first: number, count: number): CacheView[] {
    return this.buffers.map(({ name, tensor }) => ({ name, tensor: tensor.rows(first, count) }));
  }

  /**
   * Copies the first `positions` positions of one slot into another. That can be gigabytes: the copy is done in short
   * slices with turns of the event loop between them.
   */
  async copySlot(from: number, to: number, positions: number): Promise<void> {
    const { keyValueHeadCount, headSize } = this.shape;
    const headStride = this.slotClass.capacityTokens * headSize;
    const length = positions * headSize;
    const pieces = new TimeSlices(COPY_SLICE_MS);
    for (const { tensor } of this.buffers) {
      for (let head = 0; head < keyValueHeadCount; head++) {
        const source = (from * keyValueHeadCount + head) * headStride;
        const target = (to * keyValueHeadCount + head) * headStride;
        for (let done = 0; done < length; done += COPY_PIECE_VALUES) {
          const end = Math.min(done + COPY_PIECE_VALUES, length);
          tensor.data.copyWithin(target + done, source + done, source + end);
          await pieces.breathe();
        }
      }
    }
  }

  dispose(): void {
    for (const { tensor } of this.buffers) tensor.dispose();
  }
}
