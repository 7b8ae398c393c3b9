import { type AnyTensor, type Binding, type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import { type CacheView } from './kv-cache.js';

/** Image features that a run puts in the places of image tokens. */
export interface ImageInputs {
  /** [rows, hidden] */
  readonly features: AnyTensor<ActivationType>;
  /** Rows of `features` to take, [image tokens]. */
  readonly rows: Tensor<'int64'>;
  /** Where they go, [image tokens, 1]. */
  readonly positions: Tensor<'int64'>;
  /** Those of the tensors that end with the run. */
  readonly owned: readonly AnyTensor[];
}

export interface DecoderIoShape {
  readonly batch: number;
  readonly sequence: number;
  readonly vocabularySize: number;
}

/** What a set of inputs and outputs is bound to. */
export interface DecoderIoParts {
  readonly cacheRows: readonly CacheView[];
  readonly images: ImageInputs;
  /** Where the graph leaves the logits, [batch, vocabulary]. */
  readonly logits: AnyTensor<'float32'>;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Whether logits will be looked at: on a device that takes a copy. */
  readonly readsLogits: boolean;
}

/** What a run says of one row's next token. */
export interface NextToken {
  readonly tokenId: number;
  /** [vocabulary]; valid until the next run. Throws where the run was not asked for logits. */
  readonly logits: Float32Array;
}

/** Inputs and outputs of decoder runs of one shape over fixed rows of the cache; bound once, refilled for every run. */
export class DecoderIo {
  readonly tokenIds: Tensor<'int64'>;
  readonly ropePositions: Tensor<'int64'>;
  readonly lastPositions: Tensor<'int32'>;
  readonly totalLength: Tensor<'int32'>;
  private readonly nextTokenIds: Tensor<'int64'>;
  private readonly binding: Binding;
  /** A copy of logits that the graph leaves on a device. */
  private logitsCopy: Tensor<'float32'> | undefined;
  private logitsRead: Float32Array | undefined;

  /** Takes over the cache views, the logits and what `images` owns. */
  constructor(
    private readonly runtime: OrtRuntime,
    session: Session,
    private readonly shape: DecoderIoShape,
    private readonly parts: DecoderIoParts,
  ) {
    const { batch, sequence } = shape;
    this.tokenIds = runtime.allocate('int64', [batch, sequence]);
    this.ropePositions = runtime.allocate('int64', [batch, sequence]);
    this.lastPositions = runtime.allocate('int32', [batch]);
    this.totalLength = runtime.allocate('int32', []);
    this.nextTokenIds = runtime.allocate('int64', [batch]);
    this.binding = session.createBinding();
    try {
      this.bindAll();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  async run({ signal, readsLogits }: RunOptions): Promise<void> {
    const { logits } = this.parts;
    this.logitsRead = undefined;
    await this.binding.run(signal);
    if (logits.memoryKind === 'host') this.logitsRead = logits.data;
    else if (readsLogits) this.logitsRead = await this.copyToHost(logits);
  }

  nextToken(row: number): NextToken {
    const { logitsRead, shape } = this;
    const from = row * shape.vocabularySize;
    return {
      tokenId: Number(this.nextTokenIds.data[row]),
      get logits() {
        if (logitsRead === undefined) throw new TypeError('the logits of a run that was not asked for them');
        return logitsRead.subarray(from, from + shape.vocabularySize);
      },
    };
  }

  dispose(): void {
    this.binding.dispose();
    this.logitsCopy?.dispose();
    const { cacheRows, images, logits } = this.parts;
    for (const { tensor } of cacheRows) tensor.dispose();
    for (const tensor of images.owned) tensor.dispose();
    const { tokenIds, ropePositions, lastPositions, totalLength, nextTokenIds } = this;
    for (const tensor of [tokenIds, ropePositions, lastPositions, totalLength, nextTokenIds, logits]) {
      tensor.dispose();
    }
  }

  private async copyToHost(logits: AnyTensor<'float32'>): Promise<Float32Array> {
    this.logitsCopy ??= this.runtime.allocate('float32', logits.dims);
    await this.runtime.copy(logits, this.logitsCopy);
    return this.logitsCopy.data;
  }

  private bindAll(): void {
    const { cacheRows, images, logits } = this.parts;
    this.binding
      .bindInput('token_ids', this.tokenIds)
      .bindInput('image_features', images.features)
      .bindInput('image_rows', images.rows)
      .bindInput('image_positions', images.positions)
      .bindInput('rope_positions', this.ropePositions)
      .bindInput('last_positions', this.lastPositions)
      .bindInput('total_length', this.totalLength)
      .bindOutput('logits', logits)
      .bindOutput('next_token_ids', this.nextTokenIds);
    for (const { name, tensor } of cacheRows) {
      this.binding.bindInput(`past_key_values.${name}`, tensor).bindOutput(`present.${name}`, tensor);
    }
  }
}
