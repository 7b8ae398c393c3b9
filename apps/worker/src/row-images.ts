import { Inject, Injectable } from '@nestjs/common';
import {
  FileImageNotFoundError,
  type ImageDraft,
  RefusedParameterError,
  UploadTooLargeError,
} from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { TesseraError } from '@tessera/contracts';
import { resolveImageFile } from '@tessera/files';
import { type GenerationImage } from '@tessera/engine';
import { probeImage } from '@tessera/media';
import { type ObjectStore } from '@tessera/storage';
import { JobImages, type WantedImage } from './job-images.js';
import { CONFIG, OBJECT_STORE } from './tokens.js';

/** Brings the images of a row here, with the checks that the API makes before it keeps a job. */
@Injectable()
export class RowImages {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(JobImages) private readonly images: JobImages,
  ) {}

  /** In the order of the row. @throws {TesseraError} of the first image that is refused or cannot be had */
  async load(
    drafts: readonly ImageDraft[],
    { ownerId, signal }: { readonly ownerId: string; readonly signal: AbortSignal },
  ): Promise<GenerationImage[]> {
    const wanted: WantedImage[] = [];
    for (const { source, param, ...tileBounds } of drafts) {
      const located =
        source.kind === 'file'
          ? await this.findFile(source.fileId, ownerId, param)
          : await this.checked(source, param);
      wanted.push({ source: located, ...tileBounds });
    }
    return this.images.load(wanted, signal);
  }

  private async checked<Source extends ImageDraft['source']>(source: Source, param: string): Promise<Source> {
    if (source.kind === 'bytes') await this.checkHeader(source.bytes, param);
    return source;
  }

  private async findFile(fileId: string, ownerId: string, param: string): Promise<WantedImage['source']> {
    const file = await resolveImageFile(this.objectStore, fileId, ownerId);
    if (file === undefined) throw new FileImageNotFoundError(fileId, param);
    const { maxBytes } = this.config.images;
    if (file.bytes > maxBytes) throw new UploadTooLargeError(maxBytes, file.bytes, param);
    return { kind: 'object', ...file };
  }

  private async checkHeader(bytes: Uint8Array, param: string): Promise<void> {
    try {
      await probeImage(bytes, this.config.images);
    } catch (error) {
      throw error instanceof TesseraError ? new RefusedParameterError(error, param) : error;
    }
  }
}
