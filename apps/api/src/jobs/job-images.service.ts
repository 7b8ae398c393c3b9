import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type JobImage, TesseraError } from '@tessera/contracts';
import { probeImage } from '@tessera/media';
import { type ObjectStore } from '@tessera/storage';
import { RefusedParameterError, ServiceUnavailableError } from '../errors/request.errors.js';
import { CONFIG, OBJECT_STORE } from '../tokens.js';
import { type ImageDraft } from './to-image-draft.js';

/** Keeps the inline images of jobs as objects, so that only their keys go through Redis. */
@Injectable()
export class JobImagesService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
  ) {}

  get limits(): { maxImages: number; maxImageBytes: number } {
    const { maxPerJob, maxBytes } = this.config.images;
    return { maxImages: maxPerJob, maxImageBytes: maxBytes };
  }

  /**
   * Reads the header of every inline image; keeps nothing.
   * @throws {TesseraError} `image_unreadable` or `image_too_many_pixels`, naming the field
   */
  async check(drafts: readonly ImageDraft[]): Promise<void> {
    // One after the other: a header is cheap to read, 64 images at once are not.
    for (const { source, param } of drafts) {
      if (source.kind === 'bytes') await this.checkBytes(source.bytes, param);
    }
  }

  /** Stores what is inline under `jobs/<id>/images/<n>`. On failure whatever was stored is deleted again. */
  async store(jobId: string, drafts: readonly ImageDraft[]): Promise<JobImage[]> {
    try {
      const images: JobImage[] = [];
      for (const [index, draft] of drafts.entries()) {
        images.push(await this.storeImage(`${jobPrefix(jobId)}images/${index}`, draft));
      }
      return images;
    } catch (cause) {
      // The failure to store is the one to report, even where tidying up fails for the same reason.
      await this.remove(jobId).catch(() => undefined);
      throw new ServiceUnavailableError('object store', cause);
    }
  }

  /** Deletes everything the store holds of a job. */
  async remove(jobId: string): Promise<void> {
    await this.objectStore.deletePrefix(jobPrefix(jobId));
  }

  private async storeImage(key: string, { source, maxTiles, minTiles }: ImageDraft): Promise<JobImage> {
    const tiles = {
      ...(maxTiles === undefined ? {} : { maxTiles }),
      ...(minTiles === undefined ? {} : { minTiles }),
    };
    if (source.kind === 'url') return { source, ...tiles };
    await this.objectStore.put(key, source.bytes);
    return { source: { kind: 'object', key, bytes: source.bytes.length }, ...tiles };
  }

  private async checkBytes(bytes: Uint8Array, param: string): Promise<void> {
    try {
      await probeImage(bytes, { maxPixels: this.config.images.maxPixels });
    } catch (error) {
      throw error instanceof TesseraError ? new RefusedParameterError(error, param) : error;
    }
  }
}

function jobPrefix(jobId: string): string {
  return `jobs/${jobId}/`;
}
