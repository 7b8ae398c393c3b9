import { type ImageSource, TesseraError } from '@tessera/contracts';
import { FileImageNotFoundError, UploadTooLargeError } from '../image.errors.js';
import { RefusedParameterError } from '../request.errors.js';
import { type ImageDraft, type ImageDraftSource } from './to-image-draft.js';

type InlineImage = Extract<ImageDraftSource, { kind: 'bytes' }>;

export interface ImageChecks {
  readonly maxImageBytes: number;
  /** Reads the header of an inline image. @throws {TesseraError} */
  readonly probe: (bytes: Uint8Array) => Promise<unknown>;
  /** Where the bytes of an uploaded file are; undefined where whoever asks has none of this id. */
  readonly findFile: (fileId: string) => Promise<{ key: string; bytes: number } | undefined>;
}

/**
 * Where the image of a draft is: inline still, or where a worker finds it. Keeps nothing.
 * @throws {TesseraError} `image_unreadable`, `image_too_many_pixels`, `image_too_large` or `image_not_found`, naming the
 *   field
 */
export async function locateImage(
  { source, param }: Pick<ImageDraft, 'source' | 'param'>,
  { maxImageBytes, probe, findFile }: ImageChecks,
): Promise<InlineImage | ImageSource> {
  if (source.kind === 'bytes') await refusing(param, probe(source.bytes));
  if (source.kind !== 'file') return source;
  const file = await findFile(source.fileId);
  if (file === undefined) throw new FileImageNotFoundError(source.fileId, param);
  if (file.bytes > maxImageBytes) throw new UploadTooLargeError(maxImageBytes, file.bytes, param);
  return { kind: 'object', ...file };
}

/** Has a refusal name the field at fault. */
async function refusing(param: string, probing: Promise<unknown>): Promise<void> {
  try {
    await probing;
  } catch (error) {
    throw error instanceof TesseraError ? new RefusedParameterError(error, param) : error;
  }
}
