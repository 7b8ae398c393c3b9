import { type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';

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
  readonly features: Tensor<ActivationType>;
  readonly firstTile: number;
  readonly tileCount: number;
}

/** Runs the vision graph over tiles that may belong to several sequences. */
export class VisionRunner {
  private readonly input: Tensor<'uint8'>;
  private readonly output: Tensor<ActivationType>;

  constructor(
    runtime: OrtRuntime,
    private readonly session: Session,
    sizes: VisionSizes,
    /** Tiles of one run. */
    readonly maxTiles: number,
  ) {
    this.input = runtime.allocate('uint8', [maxTiles, 3, sizes.tileSizePixels, sizes.tileSizePixels]);
    this.output = runtime.allocate(sizes.elementType, [maxTiles, sizes.tokensPerTile, sizes.hiddenSize]);
  }

  /** Encodes the spans' tiles, at most `maxTiles` in all, and writes their features. */
  async encode(spans: readonly VisionSpan[], signal: AbortSignal): Promise<void> {
    const tileLength = this.input.data.length / this.maxTiles;
    const featureLength = this.output.data.length / this.maxTiles;
    let count = 0;
    for (const { tiles, firstTile, tileCount } of spans) {
      const source = tiles.data.subarray(firstTile * tileLength, (firstTile + tileCount) * tileLength);
      this.input.data.set(source, count * tileLength);
      count += tileCount;
    }
    await this.run(count, signal);
    let done = 0;
    for (const { features, firstTile, tileCount } of spans) {
      const result = this.output.data.subarray(done * featureLength, (done + tileCount) * featureLength);
      features.data.set(result, firstTile * featureLength);
      done += tileCount;
    }
  }

  dispose(): void {
    this.input.dispose();
    this.output.dispose();
  }

  private async run(tileCount: number, signal: AbortSignal): Promise<void> {
    const input = this.input.rows(0, tileCount);
    const output = this.output.rows(0, tileCount);
    const binding = this.session.createBinding();
    try {
      await binding.bindInput('tiles', input).bindOutput('image_features', output).run(signal);
    } finally {
      binding.dispose();
      input.dispose();
      output.dispose();
    }
  }
}
