import { type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import { TimeSlices } from './time-slices.js';

/** How long a copy may keep the event loop from turning. */
const COPY_SLICE_MS = 5;
/** A copy looks at the clock after this much: 1 MiB. */
const COPY_PIECE_VALUES = 2 ** 18;

/**
 * Copies the first `positions` positions of one slot of a buffer [slots, kvHeads, capacity, headSize] into another. Over all
 * layers that can be gigabytes: it is done in short slices with turns of the event loop between them.
 */
export async function copyHostPositions(
  { data, dims }: Tensor<ActivationType>,
  { from, to, positions }: { from: number; to: number; positions: number },
): Promise<void> {
  const [, heads = 0, capacity = 0, headSize = 0] = dims;
  const length = positions * headSize;
  const headStride = capacity * headSize;
  const pieces = new TimeSlices(COPY_SLICE_MS);
  for (let head = 0; head < heads; head++) {
    const source = (from * heads + head) * headStride;
    const target = (to * heads + head) * headStride;
    for (let done = 0; done < length; done += COPY_PIECE_VALUES) {
      const end = Math.min(done + COPY_PIECE_VALUES, length);
      data.copyWithin(target + done, source + done, source + end);
      await pieces.breathe();
    }
  }
}
