import { Inject, Injectable } from '@nestjs/common';
import {
  type DraftContext,
  type ImageChecks,
  type ImageDraft,
  type ImageDraftSource,
  locateImage,
  type UploadedImage,
} from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { type ImageSource, type JobImage } from '@tessera/contracts';
import { resolveImageFile } from '@tessera/files';
import { probeImage } from '@tessera/media';
import { type ObjectStore } from '@tessera/storage';
import { ServiceUnavailableError } from '../errors/request.errors.js';
import { CONFIG, OBJECT_STORE } from '../tokens.js';
import { UrlRulesService } from './url-rules.service.js';

/** An image that passed the checks: inline still, or where a worker finds it. */
export type CheckedImage = Omit<JobImage, 'source'> & {
  source: Extract<ImageDraftSource, { kind: 'bytes' }> | ImageSource;
};

/** Keeps the inline images of jobs as objects, so that only their keys go through Redis. */
@Injectable()
export class JobImagesService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(UrlRulesService) private readonly urlRules: UrlRulesService,
  ) {}

  /** What the images of a request are held to. @param uploads images that came beside its body */
  context(uploads?: readonly UploadedImage[]): DraftContext {
    const { maxPerJob, maxBytes } = this.config.images;
    return {
      maxImages: maxPerJob,
      maxImageBytes: maxBytes,
      ...(uploads === undefined ? {} : { uploads }),
      checkUrl: (url, param) => this.urlRules.checkImageUrl(url, param),
      checkS3Url: (url, param) => this.urlRules.checkS3Url(url, param),
    };
  }

  /**
   * Reads the header of every inline image and finds every uploaded file; keeps nothing.
   * @throws {TesseraError} `image_unreadable`, `image_too_many_pixels`, `image_too_large` or `image_not_found`, naming
   *   the field
   */
  async check(drafts: readonly ImageDraft[], ownerId: string): Promise<CheckedImage[]> {
    const { maxBytes, maxPixels } = this.config.images;
    const checks: ImageChecks = {
      maxImageBytes: maxBytes,
      probe: (bytes) => probeImage(bytes, { maxPixels }),
      findFile: (fileId) => resolveImageFile(this.objectStore, fileId, ownerId),
    };
    const checked: CheckedImage[] = [];
    // One after the other: a header is cheap to read, 64 images at once are not.
    for (const { source, param, ...tileBounds } of drafts) {
      checked.push({ source: await locateImage({ source, param }, checks), ...tileBounds });
    }
    return checked;
  }

  /** Stores what is inline under `jobs/<id>/images/<n>`. On failure whatever was stored is deleted again. */
  async store(jobId: string, checked: readonly CheckedImage[]): Promise<JobImage[]> {
    try {
      const images: JobImage[] = [];
      for (const [index, image] of checked.entries()) {
        images.push(await this.storeImage(`${jobPrefix(jobId)}images/${index}`, image));
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

  private async storeImage(key: string, image: CheckedImage): Promise<JobImage> {
    const { source, ...tileBounds } = image;
    if (source.kind !== 'bytes') return { source, ...tileBounds };
    await this.objectStore.put(key, source.bytes);
    return { source: { kind: 'object', key, bytes: source.bytes.length }, ...tileBounds };
  }
}

function jobPrefix(jobId: string): string {
  return `jobs/${jobId}/`;
}
