import { type Metadata, type Sharp } from 'sharp';
import { convertCmykToRgb } from './cmyk.js';
import { sharp } from './configured-sharp.js';
import { ImageTooManyPixelsError, ImageUnreadableError } from './errors.js';

/** As libvips names them; `heif` is AVIF. */
const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif'];
const FORMAT_NAMES = 'JPEG, PNG, WebP, GIF, TIFF and AVIF';

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

interface Header extends ImageSize {
  isCmyk: boolean;
}

/** Format and size from the header alone. Throws {@link ImageUnreadableError}, {@link ImageTooManyPixelsError}. */
export async function probeImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageSize> {
  const { format, width, height } = await readHeader(bytes, limits);
  return { format, width, height };
}

/**
 * The pixels of an image, upright by EXIF: RGB bytes, [height, width, 3], 8-bit.
 * As Pillow's `convert('RGB')` does, alpha is dropped, grey replicated, CMYK mixed without a profile, colour profiles
 * ignored; an animation gives its first frame, 16 bits are cut to 8. (Unlike there, 16-bit grey is scaled rather than
 * clipped, and what is transparent in a GIF is black.)
 * Throws {@link ImageUnreadableError} for damaged or truncated images too.
 */
export async function decodeImage(bytes: Uint8Array, limits: ImageLimits): Promise<Uint8Array> {
  const { width, height, isCmyk } = await readHeader(bytes, limits);
  const image = sharp(bytes, { limitInputPixels: limits.maxPixels, failOn: 'truncated', ignoreIcc: true });
  const channelCount = isCmyk ? 4 : 3;
  const pixels = await readPixels(isCmyk ? asCmyk(image) : asRgb(image));
  if (pixels.length !== width * height * channelCount) {
    throw new ImageUnreadableError(`its pixels are not the ${width} x ${height} that its header declares`);
  }
  return isCmyk ? await convertCmykToRgb(pixels) : pixels;
}

function asRgb(image: Sharp): Sharp {
  return image.autoOrient().toColourspace('srgb').removeAlpha();
}

/** The inks as they are: a pipeline in RGB would mix them by a colour profile. */
function asCmyk(image: Sharp): Sharp {
  return image.pipelineColourspace('cmyk').autoOrient().toColourspace('cmyk').removeAlpha();
}

async function readPixels(image: Sharp): Promise<Uint8Array> {
  try {
    return await image.raw({ depth: 'uchar' }).toBuffer();
  } catch (cause) {
    throw new ImageUnreadableError(cause instanceof Error ? cause.message : 'decoding failed', { cause });
  }
}

async function readHeader(bytes: Uint8Array, { maxPixels }: ImageLimits): Promise<Header> {
  const { format, compression, space, autoOrient } = await readMetadata(bytes);
  if (!FORMATS.includes(format) || (format === 'heif' && compression !== 'av1')) {
    throw new ImageUnreadableError(`its format is ${compression ?? format}; read are ${FORMAT_NAMES}`);
  }
  const { width, height } = autoOrient;
  if (width * height > maxPixels) throw new ImageTooManyPixelsError(width, height, maxPixels);
  return { format, width, height, isCmyk: space === 'cmyk' };
}

async function readMetadata(bytes: Uint8Array): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, failOn: 'truncated' }).metadata();
  } catch (cause) {
    const reason = `it is no ${FORMAT_NAMES.replace(' and ', ' or ')}, or its header is damaged`;
    throw new ImageUnreadableError(reason, { cause });
  }
}
