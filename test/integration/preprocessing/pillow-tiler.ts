import { chooseFirstPass, type ImageTiler, type TilePlan } from '@tessera/preprocessing';

/**
 * Tiles with Pillow's arithmetic, written plainly (`Resample.c`: 22-bit fixed-point weights, each pass rounded to 8 bits).
 * What is compared with it need not be one of the pictures that Pillow itself was run on.
 */
export class PillowTiler implements ImageTiler {
  constructor(readonly tileSizePixels: number) {}

  async tile(pixels: Uint8Array, plan: TilePlan): Promise<Uint8Array> {
    const size = this.tileSizePixels;
    const { columns, rows, tileCount, hasThumbnail, width, height } = plan;
    const tiles = new Uint8Array(tileCount * 3 * size * size);
    const tileBytes = (tile: number): Uint8Array =>
      tiles.subarray(tile * 3 * size * size, (tile + 1) * 3 * size * size);
    const whole = resize({ pixels, width, height }, size * columns, size * rows);
    for (let tile = 0; tile < columns * rows; tile++) {
      const place = { x: (tile % columns) * size, y: Math.floor(tile / columns) * size };
      copyPlanar(whole, place, size, tileBytes(tile));
    }
    if (hasThumbnail) {
      const thumbnail = resize({ pixels, width, height }, size, size);
      copyPlanar(thumbnail, { x: 0, y: 0 }, size, tileBytes(tileCount - 1));
    }
    return tiles;
  }

  dispose(): void {
    // Holds nothing.
  }
}

interface Picture {
  pixels: Uint8Array;
  width: number;
  height: number;
}

function copyPlanar(picture: Picture, place: { x: number; y: number }, size: number, into: Uint8Array): void {
  let index = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = place.y; y < place.y + size; y++) {
      for (let x = place.x; x < place.x + size; x++) {
        into[index++] = picture.pixels[(y * picture.width + x) * 3 + channel] as number;
      }
    }
  }
}

function resize(picture: Picture, width: number, height: number): Picture {
  if (chooseFirstPass(picture, { width, height }) === 'height') {
    return resizeHorizontally(resizeVertically(picture, height), width);
  }
  return resizeVertically(resizeHorizontally(picture, width), height);
}

function resizeHorizontally({ pixels, width, height }: Picture, target: number): Picture {
  if (target === width) return { pixels, width, height };
  const result = new Uint8Array(target * height * 3);
  for (const [x, { first, weights }] of filter(width, target).entries()) {
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < 3; channel++) {
        const start = (y * width + first) * 3 + channel;
        result[(y * target + x) * 3 + channel] = weigh(pixels, start, 3, weights);
      }
    }
  }
  return { pixels: result, width: target, height };
}

function resizeVertically({ pixels, width, height }: Picture, target: number): Picture {
  if (target === height) return { pixels, width, height };
  const stride = width * 3;
  const result = new Uint8Array(stride * target);
  for (const [y, { first, weights }] of filter(height, target).entries()) {
    for (let x = 0; x < stride; x++)
      result[y * stride + x] = weigh(pixels, first * stride + x, stride, weights);
  }
  return { pixels: result, width, height: target };
}

const PRECISION_BITS = 22;

function weigh(pixels: Uint8Array, start: number, stride: number, weights: readonly number[]): number {
  let sum = 1 << (PRECISION_BITS - 1);
  for (const [index, weight] of weights.entries()) {
    sum = (sum + Math.imul(pixels[start + index * stride] as number, weight)) | 0;
  }
  return Math.min(255, Math.max(0, sum >> PRECISION_BITS));
}

/** For every output coordinate the first input coordinate and the fixed-point weights from there. */
function filter(input: number, output: number): { first: number; weights: number[] }[] {
  const scale = input / output;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: output }, (_, coordinate) => {
    const centre = (coordinate + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
    const last = Math.min(input, Math.trunc(centre + 2 * stretch + 0.5));
    const exact = Array.from({ length: last - first }, (_, index) =>
      cubic((index + first - centre + 0.5) * (1 / stretch)),
    );
    const total = exact.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: exact.map((weight) => toFixedPoint(weight * (1 / total))) };
  });
}

function toFixedPoint(weight: number): number {
  const scaled = weight * (1 << PRECISION_BITS);
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/** Keys' cubic with a = -0.5. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}
