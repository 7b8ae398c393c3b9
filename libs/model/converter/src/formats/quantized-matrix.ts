import { findBeyondFloat16, toFloat16 } from './to-float16.js';
import { toFloat32 } from './to-float32.js';
import { type ActivationType } from './weight-formats.js';
import { type BlockSize, blocksPerRow, quantizeRows } from './quantize-blocks.js';
import { rowBlocks, rowLength, type Weight } from '../weights/weight.js';
import { WeightOutOfRangeError } from '../errors/index.js';

/**
 * A matrix on its way into blocks. Its numbers are made piece by piece while they are written; the scales are kept from
 * then until they are written in turn, and no longer: those of a whole model are many.
 */
export class QuantizedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly blockCount: number;
  private readonly scaleParts: Float32Array[] = [];

  constructor(
    private readonly weight: Weight,
    private readonly format: BlockSize,
    private readonly scaleType: ActivationType,
  ) {
    this.rows = weight.shape[0] ?? 1;
    this.columns = rowLength(weight);
    this.blockCount = blocksPerRow(this.columns, format.blockSize);
  }

  /** Bytes of one block's numbers. */
  get blockBytes(): number {
    return (this.format.blockSize * this.format.bits) / 8;
  }

  /** The numbers, [rows, blocks, blockBytes]. */
  async *numbers(): AsyncGenerator<Uint8Array> {
    this.scaleParts.length = 0;
    const round = this.scaleType === 'float16' ? roundToFloat16 : undefined;
    for await (const { values } of rowBlocks(this.weight)) {
      const quantized = quantizeRows(values, this.columns, this.format, round);
      this.scaleParts.push(quantized.scales);
      yield quantized.numbers;
    }
  }

  /** The scales, [rows, blocks], once all numbers have been taken. */
  async *scales(): AsyncGenerator<Uint8Array> {
    for (const part of this.scaleParts.splice(0)) {
      if (this.scaleType === 'float32') {
        yield new Uint8Array(part.buffer);
        continue;
      }
      if (findBeyondFloat16(part) >= 0) throw new WeightOutOfRangeError(this.weight.name, 'float16');
      yield new Uint8Array(toFloat16(part).buffer);
    }
  }
}

function roundToFloat16(values: Float32Array): Float32Array<ArrayBuffer> {
  return toFloat32(new Uint8Array(toFloat16(values).buffer), 'F16');
}
