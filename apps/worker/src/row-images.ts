import { Inject, Injectable } from '@nestjs/common';
import { type ImageDraft, locateImage } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
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
    const { maxBytes, maxPixels } = this.config.images;
    const checks = {
      maxImageBytes: maxBytes,
      probe: (bytes: Uint8Array) => probeImage(bytes, { maxPixels }),
      findFile: (fileId: string) => resolveImageFile(this.objectStore, fileId, ownerId),
    };
    const wanted: WantedImage[] = [];
    for (const { source, param, ...tileBounds } of drafts) {
      wanted.push({ source: await locateImage({ source, param }, checks), ...tileBounds });
    }
    return this.images.load(wanted, { isBulk: true, signal });
  }
}
