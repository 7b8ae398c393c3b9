import { type Binding, type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type CacheView, type KvCache } from './kv-cache.js';

/** One row of a decode run: the token to append and where. */
export interface DecodeRow {
  readonly tokenId: number;
  readonly position: number;
  readonly ropeRow: number;
}

/** A run of consecutive prompt tokens of one sequence. */
export interface PrefillRun {
  readonly slot: number;
  readonly start: number;
  readonly tokenIds: readonly number[];
  readonly ropeRows: readonly number[];
  /** Features of all the sequence's images, [rows, hidden]; undefined for a prompt without images. */
  readonly features: Tensor<'float32'> | undefined;
  /** Rows of `features` that this run takes: consecutive from here. */
  readonly firstFeatureRow: number;
  /** Where they go, as positions within this run. */
  readonly imagePositions: readonly number[];
}

/** What a run says of one row's next token. `logits` [vocabulary] is valid until the next run. */
export interface NextToken {
  readonly tokenId: number;
  readonly logits: Float32Array;
}

/** Inputs and outputs of decode runs of one width, bound once and refilled every step. */
interface DecodeIo {
  readonly binding: Binding;
  readonly tokenIds: Tensor<'int64'>;
  readonly ropePositions: Tensor<'int64'>;
  readonly lastPositions: Tensor<'int32'>;
  readonly totalLength: Tensor<'int32'>;
  readonly logits: Tensor<'float32'>;
  readonly nextTokenIds: Tensor<'int64'>;
  readonly owned: readonly Tensor[];
}

/** A row nobody owns computes this; it overwrites position 0 of a free slot. */
const IDLE_ROW: DecodeRow = { tokenId: 0, position: 0, ropeRow: 0 };

/** Runs the decoder graph over one length class of the KV cache. */
export class DecoderRunner {
  private readonly decodeIoByWidth = new Map<number, DecodeIo>();

  constructor(
    private readonly runtime: OrtRuntime,
    private readonly session: Session,
    private readonly cache: KvCache,
    private readonly sizes: { hiddenSize: number; vocabularySize: number },
  ) {}

  /** One decode step over the first `rows.length` slots. Undefined rows are idle. */
  async decode(rows: readonly (DecodeRow | undefined)[]): Promise<NextToken[]> {
    const io = this.decodeIo(rows.length);
    let longest = 0;
    for (const [index, row] of rows.entries()) {
      const { tokenId, position, ropeRow } = row ?? IDLE_ROW;
      io.tokenIds.data[index] = BigInt(tokenId);
      io.ropePositions.data[index] = BigInt(ropeRow);
      io.lastPositions.data[index] = position;
      longest = Math.max(longest, position + 1);
    }
    io.totalLength.data[0] = longest;
    await io.binding.run();
    return rows.map((_, index) => this.nextToken(io, index));
  }

  /** Computes consecutive prompt tokens of one slot and says which token would follow them. */
  async prefill(run: PrefillRun): Promise<NextToken> {
    const io = this.prefillIo(run);
    try {
      await io.binding.run();
      const { tokenId, logits } = this.nextToken(io, 0);
      return { tokenId, logits };
    } finally {
      disposeIo(io);
    }
  }

  dispose(): void {
    for (const io of this.decodeIoByWidth.values()) disposeIo(io);
    this.decodeIoByWidth.clear();
  }

  private nextToken(io: DecodeIo, row: number): NextToken {
    const size = this.sizes.vocabularySize;
    return {
      tokenId: Number(io.nextTokenIds.data[row]),
      logits: io.logits.data.subarray(row * size, (row + 1) * size),
    };
  }

  private decodeIo(width: number): DecodeIo {
    const existing = this.decodeIoByWidth.get(width);
    if (existing !== undefined) return existing;
    const io = this.bind({
      batch: width,
      sequence: 1,
      cacheRows: this.cache.rows(0, width),
      images: this.noImages(),
    });
    this.decodeIoByWidth.set(width, io);
    return io;
  }

  private prefillIo(run: PrefillRun): DecodeIo {
    const { features, imagePositions, firstFeatureRow } = run;
    const count = imagePositions.length;
    const images =
      features === undefined || count === 0
        ? this.noImages()
        : {
            features,
            owned: [],
            rows: this.runtime.tensorOf('int64', [count], bigIntRange(firstFeatureRow, count)),
            positions: this.runtime.tensorOf('int64', [count, 1], BigInt64Array.from(imagePositions, BigInt)),
          };
    const io = this.bind({
      batch: 1,
      sequence: run.tokenIds.length,
      cacheRows: this.cache.rows(run.slot, 1),
      images,
    });
    const end = run.start + run.tokenIds.length;
    io.tokenIds.data.set(run.tokenIds.map(BigInt));
    io.ropePositions.data.set(run.ropeRows.map(BigInt));
    io.lastPositions.data[0] = end - 1;
    io.totalLength.data[0] = end;
    return io;
  }

  private noImages(): ImageInputs {
    const features = this.runtime.allocate('float32', [1, this.sizes.hiddenSize]);
    return {
      features,
      owned: [features],
      rows: this.runtime.allocate('int64', [0]),
      positions: this.runtime.allocate('int64', [0, 1]),
    };
  }

  private bind(shape: {
    batch: number;
    sequence: number;
    cacheRows: CacheView[];
    images: ImageInputs;
  }): DecodeIo {
    const { batch, sequence, cacheRows, images } = shape;
    const tensors = {
      tokenIds: this.runtime.allocate('int64', [batch, sequence]),
      ropePositions: this.runtime.allocate('int64', [batch, sequence]),
      lastPositions: this.runtime.allocate('int32', [batch]),
      totalLength: this.runtime.allocate('int32', []),
      logits: this.runtime.allocate('float32', [batch, this.sizes.vocabularySize]),
      nextTokenIds: this.runtime.allocate('int64', [batch]),
    };
    const binding = this.session
      .createBinding()
      .bindInput('token_ids', tensors.tokenIds)
      .bindInput('image_features', images.features)
      .bindInput('image_rows', images.rows)
      .bindInput('image_positions', images.positions)
      .bindInput('rope_positions', tensors.ropePositions)
      .bindInput('last_positions', tensors.lastPositions)
      .bindInput('total_length', tensors.totalLength)
      .bindOutput('logits', tensors.logits)
      .bindOutput('next_token_ids', tensors.nextTokenIds);
    for (const { name, tensor } of cacheRows) {
      binding.bindInput(`past_key_values.${name}`, tensor).bindOutput(`present.${name}`, tensor);
    }
    const owned = [
      ...Object.values(tensors),
      ...images.owned,
      images.rows,
      images.positions,
      ...cacheRows.map((view) => view.tensor),
    ];
    return { binding, ...tensors, owned };
  }
}

interface ImageInputs {
  readonly features: Tensor<'float32'>;
  readonly rows: Tensor<'int64'>;
  readonly positions: Tensor<'int64'>;
  /** Tensors made for this run only, besides rows and positions. */
  readonly owned: readonly Tensor[];
}

function disposeIo(io: DecodeIo): void {
  io.binding.dispose();
  for (const tensor of io.owned) tensor.dispose();
}

function bigIntRange(first: number, count: number): BigInt64Array {
  return BigInt64Array.from({ length: count }, (_, index) => BigInt(first + index));
}
