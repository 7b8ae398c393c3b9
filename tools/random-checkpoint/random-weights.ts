import { createHash } from 'node:crypto';
import { elementCount, type TensorSpec } from './tensor-spec.js';

const TABLE_SIZE = 2 ** 16;
/** Elements made at a time: 8 MiB of bf16. */
const BLOCK_ELEMENTS = 4 * 2 ** 20;

/**
 * Values of one tensor in blocks of bf16. They follow from the seed and the tensor's name alone. The two blocks that are
 * handed out in turn are written over: the one before last is no longer valid.
 */
export class RandomWeights {
  private block = new Uint16Array(BLOCK_ELEMENTS);
  private otherBlock = new Uint16Array(BLOCK_ELEMENTS);
  private readonly normal: Float32Array;
  private readonly tables = new Map<string, Uint16Array>();

  /** The head's rows of `silentTokenIds` are zero: other logits are above theirs, so these tokens are never generated. */
  constructor(
    private readonly seed: number,
    private readonly silentTokenIds: readonly number[],
  ) {
    this.normal = sampleNormal(hashOf(seed, 'normal distribution'));
  }

  *blocksOf(tensor: TensorSpec): Generator<Uint8Array> {
    const table = this.valuesOf(tensor);
    let state = hashOf(this.seed, tensor.name);
    const end = elementCount(tensor);
    for (let start = 0; start < end; start += BLOCK_ELEMENTS) {
      const count = Math.min(end - start, BLOCK_ELEMENTS);
      [this.block, this.otherBlock] = [this.otherBlock, this.block];
      state = fill(this.block, table, { state, count });
      if (tensor.isHead === true) this.silence(this.block, start, tensor.shape[1] as number);
      yield new Uint8Array(this.block.buffer, 0, 2 * count);
    }
  }

  /** Zeroes what a block that starts at element `start` has of the silent rows. */
  private silence(block: Uint16Array, start: number, rowLength: number): void {
    for (const id of this.silentTokenIds) {
      const from = Math.max(id * rowLength - start, 0);
      const to = Math.min((id + 1) * rowLength - start, block.length);
      if (from < to) block.fill(0, from, to);
    }
  }

  private valuesOf({ mean, deviation }: TensorSpec): Uint16Array {
    const key = `${mean} ${deviation}`;
    const table = this.tables.get(key) ?? toBfloat16(this.normal.map((value) => mean + deviation * value));
    this.tables.set(key, table);
    return table;
  }
}

/** Every random number of 32 bits (xorshift) picks two values of the table. Returns the state to go on from. */
function fill(
  block: Uint16Array,
  table: Uint16Array,
  { state, count }: { state: number; count: number },
): number {
  let next = state;
  for (let index = 0; index < count; index += 2) {
    next ^= next << 13;
    next ^= next >>> 17;
    next ^= next << 5;
    block[index] = table[next & 0xffff] as number;
    block[index + 1] = table[next >>> 16] as number;
  }
  return next;
}

/** 2^16 samples of the standard normal distribution (Box and Muller). */
function sampleNormal(seed: number): Float32Array {
  let state = seed;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const samples = new Float32Array(TABLE_SIZE);
  for (let index = 0; index < TABLE_SIZE; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    samples[index] = radius * Math.cos(angle);
    samples[index + 1] = radius * Math.sin(angle);
  }
  return samples;
}

/** The nearest bf16: the upper half of a float32. */
function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer);
  return Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
}

/** A state for xorshift, which must not be zero. */
function hashOf(seed: number, name: string): number {
  return createHash('sha256').update(`${seed}/${name}`).digest().readUInt32LE() || 1;
}
