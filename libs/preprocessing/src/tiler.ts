import { type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { chooseFirstPass, type PixelSize } from './first-pass.js';
import { type TileGrid, type TilePlan } from './tile-grid.js';

/** Turns an image's pixels into tiles. */
export interface ImageTiler {
  readonly tileSizePixels: number;
  /**
   * Writes the tiles of one image, thumbnail last.
   * @param pixels RGB bytes, [height, width, 3]
   * @param into uint8 [tileCount, 3, size, size]
   */
  tile(pixels: Uint8Array, plan: TilePlan, into: Tensor<'uint8'>): Promise<void>;
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

  async tile(pixels: Uint8Array, plan: TilePlan, into: Tensor<'uint8'>): Promise<void> {
    const gridTiles = plan.columns * plan.rows;
    const image = this.runtime.tensorOver('uint8', [1, plan.height, plan.width, 3], pixels);
    try {
      await this.cut(image, plan, into.rows(0, gridTiles));
      const thumbnail = { ...plan, columns: 1, rows: 1 };
      if (plan.hasThumbnail) await this.cut(image, thumbnail, into.rows(gridTiles, 1));
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
    { columns, rows, width, height }: TileGrid & PixelSize,
    output: Tensor<'uint8'>,
  ): Promise<void> {
    const size = this.tileSizePixels;
    const [newWidth, newHeight] = [columns * size, rows * size];
    const first = chooseFirstPass({ width, height }, { width: newWidth, height: newHeight });
    const firstShape = this.shape([1, 3, newHeight, first === 'width' ? newWidth : width]);
    const resizedShape = this.shape([1, 3, newHeight, newWidth]);
    const gridShape = this.shape([3, rows, size, columns, size]);
    const binding = this.session.createBinding();
    try {
      binding
        .bindInput('image', image)
        .bindInput('first_shape', firstShape)
        .bindInput('resized_shape', resizedShape)
        .bindInput('grid_shape', gridShape);
      await binding.bindOutput('tiles', output).run();
    } finally {
      binding.dispose();
      for (const tensor of [firstShape, resizedShape, gridShape, output]) tensor.dispose();
    }
  }

  private shape(dims: readonly number[]): Tensor<'int64'> {
    return this.runtime.tensorOf('int64', [dims.length], BigInt64Array.from(dims, BigInt));
  }
}
