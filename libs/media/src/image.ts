import sharp, { type Metadata } from 'sharp';
import { ImageTooManyPixelsError, ImageUnreadableError } from './errors.js';

/** Formats that are read. SVG and PDF are programs rather than pictures and stay out. */
const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif'];

export interface ImageLimits {
  /** Width x height of one image. */
  maxPixels: number;
}

export interface ImageSize {
  format: string;
  /** After orientation by EXIF. */
  width: number;
  height: number;
}

/** Format and size from the header alone. Throws {@link ImageUnreadableError}, {@link ImageTooManyPixelsError}. */
export async function probeImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageSize> {
  const { format, width, height } = await readHeader(bytes);
  if (!FORMATS.includes(format)) {
    throw new ImageUnreadableError(`its format is ${format}; read are ${FORMATS.join(', ')}`);
  }
  if (width * height > limits.maxPixels) throw new ImageTooManyPixelsError(width, height, limits.maxPixels);
  return { format, width, height };
}

/**
 * The pixels of an image, upright by EXIF: RGB bytes, [height, width, 3], 8-bit.
 * As Pillow's `convert('RGB')` does, alpha is dropped, grey replicated, colour profiles ignored; an animation gives its
 * first frame. Throws {@link ImageUnreadableError} for damaged or truncated images too.
 */
export async function decodeImage(bytes: Uint8Array, limits: ImageLimits): Promise<Uint8Array> {
  await probeImage(bytes, limits);
  try {
    return await sharp(bytes, { limitInputPixels: limits.maxPixels, failOn: 'truncated', ignoreIcc: true })
      .autoOrient()
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer();
  } catch (cause) {
    throw new ImageUnreadableError(cause instanceof Error ? cause.message : 'decoding failed', { cause });
  }
}

async function readHeader(bytes: Uint8Array): Promise<ImageSize> {
  let metadata: Metadata;
  try {
    metadata = await sharp(bytes, { limitInputPixels: false, failOn: 'truncated' }).metadata();
  } catch (cause) {
    throw new ImageUnreadableError('the bytes are no image, or its header is damaged', { cause });
  }
  const { width, height } = metadata.autoOrient;
  return { format: metadata.format, width, height };
}
