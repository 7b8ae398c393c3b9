import { type Binding, type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import { type CacheView } from './kv-cache.js';

/** Image features that a run puts in the places of image tokens. */
export interface ImageInputs {
  /** [rows, hidden] */
  readonly features: Tensor<ActivationType>;
  /** Rows of `features` to take, [image tokens]. */
  readonly rows: Tensor<'int64'>;
  /** Where they go, [image tokens, 1]. */
  readonly positions: Tensor<'int64'>;
  /** Those of the tensors that end with the run. */
  readonly owned: readonly Tensor[];
}

export interface DecoderIoShape {
  readonly batch: number;
  readonly sequence: number;
  readonly vocabularySize: number;
}

/** Inputs and outputs of decoder runs of one shape over fixed rows of the cache; bound once, refilled for every run. */
export class DecoderIo {
  readonly tokenIds: Tensor<'int64'>;
  readonly ropePositions: Tensor<'int64'>;
  readonly lastPositions: Tensor<'int32'>;
  readonly totalLength: Tensor<'int32'>;
  readonly logits: Tensor<'float32'>;
  readonly nextTokenIds: Tensor<'int64'>;
  private readonly binding: Binding;

  /** Takes over the cache views and what `images` owns. */
  constructor(
    runtime: OrtRuntime,
    session: Session,
    { batch, sequence, vocabularySize }: DecoderIoShape,
    private readonly parts: { cacheRows: readonly CacheView[]; images: ImageInputs },
  ) {
    this.tokenIds = runtime.allocate('int64', [batch, sequence]);
    this.ropePositions = runtime.allocate('int64', [batch, sequence]);
    this.lastPositions = runtime.allocate('int32', [batch]);
    this.totalLength = runtime.allocate('int32', []);
    this.logits = runtime.allocate('float32', [batch, vocabularySize]);
    this.nextTokenIds = runtime.allocate('int64', [batch]);
    this.binding = session.createBinding();
    try {
      this.bindAll();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  run(signal: AbortSignal): Promise<void> {
    return this.binding.run(signal);
  }

  dispose(): void {
    this.binding.dispose();
    const { cacheRows, images } = this.parts;
    for (const { tensor } of cacheRows) tensor.dispose();
    for (const tensor of images.owned) tensor.dispose();
    const { tokenIds, ropePositions, lastPositions, totalLength, logits, nextTokenIds } = this;
    for (const tensor of [tokenIds, ropePositions, lastPositions, totalLength, logits, nextTokenIds]) {
      tensor.dispose();
    }
  }

  private bindAll(): void {
    const { cacheRows, images } = this.parts;
    this.binding
      .bindInput('token_ids', this.tokenIds)
      .bindInput('image_features', images.features)
      .bindInput('image_rows', images.rows)
      .bindInput('image_positions', images.positions)
      .bindInput('rope_positions', this.ropePositions)
      .bindInput('last_positions', this.lastPositions)
      .bindInput('total_length', this.totalLength)
      .bindOutput('logits', this.logits)
      .bindOutput('next_token_ids', this.nextTokenIds);
    for (const { name, tensor } of cacheRows) {
      this.binding.bindInput(`past_key_values.${name}`, tensor).bindOutput(`present.${name}`, tensor);
    }
  }
}
