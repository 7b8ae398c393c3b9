import { type JobImage } from '@tessera/contracts';
import { ImageUrlInvalidError } from '../errors/job.errors.js';
import { InvalidValueError } from '../errors/request.errors.js';
import { decodeDataUrl } from './decode-data-url.js';
import { type ConversationPart } from './to-conversation.js';
import { uploadIndexOf, type UploadedImage } from './uploaded-image.js';

/** Where a draft's image is: still in our memory, or behind a URL that the worker will fetch. */
export type ImageDraftSource = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'url'; url: string };

/** An image of a job that has not been stored yet. */
export interface ImageDraft extends Omit<JobImage, 'source'> {
  source: ImageDraftSource;
  /** Field at fault when the image is refused. */
  param: string;
}

/** What an image may be, and the uploads it may refer to. */
export interface ImageContext {
  maxImageBytes: number;
  uploads: readonly UploadedImage[];
  /** @throws when the URL must not be fetched */
  checkUrl: (url: string, param: string) => void;
}

type ImageConversationPart = Extract<ConversationPart, { type: 'image' }>;

/** @throws {TesseraError} `image_url_invalid`, `url_not_allowed`, `image_too_large`, `image_unreadable`, `invalid_value` */
export function toImageDraft(part: ImageConversationPart, context: ImageContext): ImageDraft {
  const { url, param, maxTiles, minTiles } = part;
  return {
    source: toSource(url, param, context),
    param,
    ...(maxTiles === undefined ? {} : { maxTiles }),
    ...(minTiles === undefined ? {} : { minTiles }),
  };
}

function toSource(url: string, param: string, context: ImageContext): ImageDraftSource {
  const uploadIndex = uploadIndexOf(url);
  if (uploadIndex !== undefined) {
    return { kind: 'bytes', bytes: findUpload(uploadIndex, param, context.uploads).bytes };
  }
  if (/^data:/i.test(url)) return { kind: 'bytes', bytes: decodeDataUrl(url, param, context.maxImageBytes) };
  if (!/^https?:/i.test(url)) {
    throw new ImageUrlInvalidError(url, `${param}: an image URL must be http:, https: or data:`, param);
  }
  context.checkUrl(url, param);
  return { kind: 'url', url };
}

function findUpload(index: number, param: string, uploads: readonly UploadedImage[]): UploadedImage {
  const upload = uploads[index];
  if (upload === undefined) {
    throw new InvalidValueError(
      `${param}: names upload ${index}, the request has ${uploads.length} image parts, counted from 0`,
      { param },
    );
  }
  return upload;
}
