import { type ModelManifest } from '@tessera/converter';
import { type AnyTensor, type OrtRuntime, type Session } from '@tessera/ort';

const [SLOTS, CAPACITY] = [2, 32];

interface DecoderParts {
  readonly manifest: ModelManifest;
  /** [rows, hidden] */
  readonly features: AnyTensor<'float32'>;
}

interface StepPlace {
  /** Position of the first token of each row. */
  readonly starts: readonly number[];
  /** Places of image tokens in the flattened run. */
  readonly imagePositions: readonly number[];
}

/** The decoder graph over a KV cache of two slots on the session's device. */
export class DecoderRun {
  private constructor(
    private readonly runtime: OrtRuntime,
    private readonly session: Session,
    private readonly parts: DecoderParts,
    private readonly cache: ReadonlyMap<string, AnyTensor<'float32'>>,
  ) {}

  static async open(runtime: OrtRuntime, session: Session, parts: DecoderParts): Promise<DecoderRun> {
    const { layers, kv_heads: heads, head_size: size } = parts.manifest.language_model;
    const cache = new Map<string, AnyTensor<'float32'>>();
    for (const name of Array.from({ length: layers }, (_, layer) => [
      `${layer}.key`,
      `${layer}.value`,
    ]).flat()) {
      const tensor = await runtime.allocateOn(session, 'float32', [SLOTS, heads, CAPACITY, size]);
      await runtime.upload(new Float32Array(SLOTS * heads * CAPACITY * size), tensor);
      cache.set(name, tensor);
    }
    return new DecoderRun(runtime, session, parts, cache);
  }

  /** Appends tokens to the first rows of the cache; logits and greedy picks of each row's last token. */
  async step(
    tokenIds: readonly (readonly number[])[],
    { starts, imagePositions }: StepPlace,
  ): Promise<{ logits: Float32Array; tokenIds: number[] }> {
    const { runtime, session, parts } = this;
    const { vocabulary_size: vocabulary } = parts.manifest.language_model;
    const [batch, sequence] = [tokenIds.length, tokenIds[0]?.length ?? 0];
    const positions = starts.flatMap((start) =>
      Array.from({ length: sequence }, (_, index) => start + index),
    );
    const int64 = (dims: number[], values: readonly number[]) =>
      runtime.tensorOf('int64', dims, BigInt64Array.from(values, BigInt));
    const imageCount = imagePositions.length;
    const inputs = {
      token_ids: int64([batch, sequence], tokenIds.flat()),
      image_rows: int64(
        [imageCount],
        imagePositions.map((_, index) => index),
      ),
      image_positions: int64([imageCount, 1], imagePositions),
      rope_positions: int64([batch, sequence], positions),
      last_positions: runtime.tensorOf(
        'int32',
        [batch],
        Int32Array.from(starts, (start) => start + sequence - 1),
      ),
      total_length: runtime.tensorOf('int32', [], Int32Array.of(Math.max(...starts) + sequence)),
    };
    const logits = runtime.allocate('float32', [batch, vocabulary]);
    const picks = runtime.allocate('int64', [batch]);
    const rows = [...this.cache].map(([name, tensor]) => ({ name, tensor: tensor.rows(0, batch) }));
    const binding = session.createBinding().bindInput('image_features', parts.features);
    binding.bindOutput('logits', logits).bindOutput('next_token_ids', picks);
    for (const [name, tensor] of Object.entries(inputs)) binding.bindInput(name, tensor);
    for (const { name, tensor } of rows) {
      binding.bindInput(`past_key_values.${name}`, tensor).bindOutput(`present.${name}`, tensor);
    }
    await binding.run();
    const owned = [binding, logits, picks, ...Object.values(inputs), ...rows.map(({ tensor }) => tensor)];
    for (const object of owned) object.dispose();
    return { logits: logits.data, tokenIds: Array.from(picks.data, Number) };
  }

  dispose(): void {
    for (const tensor of this.cache.values()) tensor.dispose();
  }
}
