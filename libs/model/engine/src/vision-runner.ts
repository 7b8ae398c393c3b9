import { type AnyTensor, type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import { type TensorMemory } from './memory/tensor-memory.js';

/** Sizes of the vision graph. */
export interface VisionSizes {
  readonly tileSizePixels: number;
  readonly tokensPerTile: number;
  readonly hiddenSize: number;
  readonly elementType: ActivationType;
}

/** Tiles to encode and where their features go. */
export interface VisionSpan {
  readonly tiles: Tensor<'uint8'>;
  /** [tiles * tokensPerTile, hidden] */
  readonly features: AnyTensor<ActivationType>;
  readonly firstTile: number;
  readonly tileCount: number;
}

export interface VisionRunnerOptions {
  readonly runtime: OrtRuntime;
  readonly session: Session;
  /** Where that session's device leaves features. */
  readonly outputMemory: TensorMemory;
  /** Where the features of images are kept. */
  readonly memory: TensorMemory;
  readonly sizes: VisionSizes;
  /** Tiles of one run. */
  readonly maxTiles: number;
}

/** Runs the vision graph over tiles that may belong to several sequences. */
export class VisionRunner {
  private constructor(
    private readonly options: VisionRunnerOptions,
    private readonly input: Tensor<'uint8'>,
    /** [maxTiles, tokensPerTile, hidden] */
    private readonly output: AnyTensor<ActivationType>,
    /** The same as [maxTiles * tokensPerTile, hidden]. */
    private readonly outputRows: AnyTensor<ActivationType>,
  ) {}

  static async open(options: VisionRunnerOptions): Promise<VisionRunner> {
    const { runtime, outputMemory, sizes, maxTiles } = options;
    const { tileSizePixels: size, tokensPerTile, hiddenSize, elementType } = sizes;
    const output = await outputMemory.allocate(elementType, [maxTiles, tokensPerTile, hiddenSize]);
    const input = runtime.allocate('uint8', [maxTiles, 3, size, size]);
    return new VisionRunner(options, input, output, output.reshaped([maxTiles * tokensPerTile, hiddenSize]));
  }

  get maxTiles(): number {
    return this.options.maxTiles;
  }

  /** Encodes the spans' tiles, at most `maxTiles` in all, and writes their features. */
  async encode(spans: readonly VisionSpan[], signal: AbortSignal): Promise<void> {
    const { sizes, memory, maxTiles } = this.options;
    const tileLength = this.input.data.length / maxTiles;
    let count = 0;
    for (const { tiles, firstTile, tileCount } of spans) {
      const source = tiles.data.subarray(firstTile * tileLength, (firstTile + tileCount) * tileLength);
      this.input.data.set(source, count * tileLength);
      count += tileCount;
    }
    await this.run(count, signal);
    const rows = (tiles: number): number => tiles * sizes.tokensPerTile;
    let done = 0;
    for (const { features, firstTile, tileCount } of spans) {
      const range = { first: rows(done), count: rows(tileCount), target: rows(firstTile) };
      await memory.moveRows([{ from: this.outputRows, to: features }], range);
      done += tileCount;
    }
  }

  dispose(): void {
    for (const tensor of [this.input, this.outputRows, this.output]) tensor.dispose();
  }

  private async run(tileCount: number, signal: AbortSignal): Promise<void> {
    const input = this.input.rows(0, tileCount);
    const output = this.output.rows(0, tileCount);
    const binding = this.options.session.createBinding();
    try {
      await binding.bindInput('tiles', input).bindOutput('image_features', output).run(signal);
    } finally {
      binding.dispose();
      input.dispose();
      output.dispose();
    }
  }
}
