import { type JobImage } from '@tessera/contracts';
import { ImageUrlInvalidError } from '../image.errors.js';
import { InvalidValueError } from '../request.errors.js';
import { decodeDataUrl } from './decode-data-url.js';
import { type ImageConversationPart } from './to-conversation.js';
import { uploadIndexOf, type UploadedImage } from './uploaded-image.js';

/** Where a draft's image is: in our memory, where the worker will fetch it, or an uploaded file. */
export type ImageDraftSource =
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'url'; url: string }
  | { kind: 's3'; bucket: string; key: string }
  | { kind: 'file'; fileId: string };

/** An id of `POST /v1/files`; what cannot be one never reaches Redis or the store. */
const FILE_ID = /^file-[0-9A-Za-z]{1,64}$/;

/** An image of a job that has not been stored yet. */
export interface ImageDraft extends Omit<JobImage, 'source'> {
  source: ImageDraftSource;
  /** Field at fault when the image is refused. */
  param: string;
}

/** What an image may be, and the uploads it may refer to. */
export interface ImageContext {
  maxImageBytes: number;
  /** Images that came beside the body; absent: `upload:` URLs are not known. */
  uploads?: readonly UploadedImage[];
  /** @throws when the http(s) URL must not be fetched */
  checkUrl: (url: string, param: string) => void;
  /** Takes an `s3:` URL apart. @throws when it must not be read */
  checkS3Url: (url: string, param: string) => { bucket: string; key: string };
}

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
  const { uploads } = context;
  const uploadIndex = uploads && uploadIndexOf(url);
  if (uploadIndex !== undefined) {
    return { kind: 'bytes', bytes: findUpload(uploadIndex, param, uploads ?? []).bytes };
  }
  if (/^data:/i.test(url)) return { kind: 'bytes', bytes: decodeDataUrl(url, param, context.maxImageBytes) };
  if (FILE_ID.test(url)) return { kind: 'file', fileId: url };
  if (/^s3:/i.test(url)) return { kind: 's3', ...context.checkS3Url(url, param) };
  if (!/^https?:/i.test(url)) {
    const known = 'http:, https:, s3: or data:, or the id of an uploaded file';
    throw new ImageUrlInvalidError(url, `${param}: an image URL must be ${known}`, param);
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
