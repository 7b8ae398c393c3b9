import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type JobImage } from '@tessera/contracts';
import { type GenerationImage } from '@tessera/engine';
import { type LoadableImage, loadImage } from '@tessera/media';
import { type UrlFetcher } from '@tessera/safe-fetch';
import { type InputBuckets, type ObjectStore } from '@tessera/storage';
import pLimit from 'p-limit';
import { ByteBudget } from './byte-budget.js';
import { CONFIG, IMAGE_FETCHER, INPUT_BUCKETS, OBJECT_STORE } from './tokens.js';

/** Images of one job that are fetched at the same time. */
const CONCURRENT_IMAGES = 4;

/** An image of a job, or of a row, whose images were never stored. */
export type WantedImage = Omit<JobImage, 'source'> & { readonly source: LoadableImage };

export interface ImageNeed {
  /** For a row of many, whose images may be opted out of. */
  readonly isBulk: boolean;
  readonly signal: AbortSignal;
}

type LoadedJobImage = GenerationImage & { readonly bytes: Uint8Array };

/** Brings the images of a job or row here, from the store, their URLs or the operator's buckets. */
@Injectable()
export class JobImages {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(IMAGE_FETCHER) private readonly fetcher: UrlFetcher,
    @Inject(INPUT_BUCKETS) private readonly buckets: InputBuckets,
  ) {}

  /** In the order of the request. @throws {TesseraError} of the first image that cannot be had */
  load(images: readonly WantedImage[], need: ImageNeed): Promise<GenerationImage[]> {
    const limit = pLimit(CONCURRENT_IMAGES);
    const budget = new ByteBudget(this.config.images.maxBytesPerJob);
    return Promise.all(
      images.map((image) =>
        limit(async () => {
          // The images after the one that failed are not fetched any more.
          budget.throwIfSpent();
          const { bytes, ...loaded } = await this.loadOne(image, need);
          budget.spend(bytes.length);
          return loaded;
        }),
      ),
    );
  }

  private async loadOne(image: WantedImage, { isBulk, signal }: ImageNeed): Promise<LoadedJobImage> {
    const { source, ...tileBounds } = image;
    const { maxBytes, maxPixels, fetchTimeoutMs } = this.config.images;
    const { ofRows, ofJobs } = this.config.fetching.optOuts;
    const loaded = await loadImage(source, {
      http: this.fetcher,
      objects: this.objectStore,
      buckets: this.buckets,
      limits: { maxBytes, maxPixels, fetchTimeoutMs },
      refusedDirectives: isBulk ? ofRows : ofJobs,
      signal,
    });
    return { ...loaded, ...tileBounds };
  }
}
