import { type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type TileGrid, type TilePlan } from './tile-grid.js';

/** Turns an image's pixels into tiles. */
export interface ImageTiler {
  readonly tileSizePixels: number;
  /**
   * The tiles of one image, thumbnail last.
   * @param pixels RGB bytes, [height, width, 3]
   * @returns uint8 [tileCount, 3, size, size]; the caller disposes it
   */
  tile(pixels: Uint8Array, plan: TilePlan): Promise<Tensor<'uint8'>>;
  dispose(): void;
}

/** Cuts images into tiles with a model's `tiling.onnx`. Runs on the CPU, whatever the model's device. */
export class Tiler implements ImageTiler {
  private constructor(
    private readonly runtime: OrtRuntime,
    private readonly session: Session,
    readonly tileSizePixels: number,
  ) {}

  /** `model` is a path or the bytes of the tiling graph. */
  static async load(runtime: OrtRuntime, model: string | Uint8Array, tileSizePixels: number): Promise<Tiler> {
    return new Tiler(runtime, await runtime.createSession(model), tileSizePixels);
  }

  async tile(pixels: Uint8Array, plan: TilePlan): Promise<Tensor<'uint8'>> {
    const size = this.tileSizePixels;
    const image = this.runtime.tensorOver('uint8', [1, plan.height, plan.width, 3], pixels);
    const tiles = this.runtime.allocate('uint8', [plan.tileCount, 3, size, size]);
    try {
      await this.cut(image, plan, tiles.rows(0, plan.columns * plan.rows));
      if (plan.hasThumbnail) {
        await this.cut(image, { columns: 1, rows: 1 }, tiles.rows(plan.columns * plan.rows, 1));
      }
      return tiles;
    } catch (error) {
      tiles.dispose();
      throw error;
    } finally {
      image.dispose();
    }
  }

  dispose(): void {
    this.session.dispose();
  }

  /** Resizes the whole image to the grid and cuts it; disposes `output`, which is a view. */
  private async cut(
    image: Tensor<'uint8'>,
    { columns, rows }: TileGrid,
    output: Tensor<'uint8'>,
  ): Promise<void> {
    const size = this.tileSizePixels;
    const shape = (dims: number[]): Tensor<'int64'> =>
      this.runtime.tensorOf('int64', [dims.length], BigInt64Array.from(dims, BigInt));
    const resizedShape = shape([1, rows * size, columns * size, 3]);
    const gridShape = shape([rows, size, columns, size, 3]);
    const binding = this.session.createBinding();
    try {
      binding
        .bindInput('image', image)
        .bindInput('resized_shape', resizedShape)
        .bindInput('grid_shape', gridShape);
      await binding.bindOutput('tiles', output).run();
    } finally {
      binding.dispose();
      for (const tensor of [resizedShape, gridShape, output]) tensor.dispose();
    }
  }
}
