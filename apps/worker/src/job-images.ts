import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type JobImage } from '@tessera/contracts';
import { type GenerationImage } from '@tessera/engine';
import { type LoadableImage, loadImage } from '@tessera/media';
import { type SafeHttp } from '@tessera/safe-fetch';
import { type InputBuckets, type ObjectStore } from '@tessera/storage';
import pLimit from 'p-limit';
import { ByteBudget } from './byte-budget.js';
import { CONFIG, INPUT_BUCKETS, OBJECT_STORE, SAFE_HTTP } from './tokens.js';

/** Images of one job that are fetched at the same time. */
const CONCURRENT_IMAGES = 4;

/** An image of a job, or of a row, whose images were never stored. */
export type WantedImage = Omit<JobImage, 'source'> & { readonly source: LoadableImage };

type LoadedJobImage = GenerationImage & { readonly bytes: Uint8Array };

/** Brings the images of a job or row here, from the store, their URLs or the operator's buckets. */
@Injectable()
export class JobImages {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(SAFE_HTTP) private readonly http: SafeHttp,
    @Inject(INPUT_BUCKETS) private readonly buckets: InputBuckets,
  ) {}

  /** In the order of the request. @throws {TesseraError} of the first image that cannot be had */
  load(images: readonly WantedImage[], signal: AbortSignal): Promise<GenerationImage[]> {
    const limit = pLimit(CONCURRENT_IMAGES);
    const budget = new ByteBudget(this.config.images.maxBytesPerJob);
    return Promise.all(
      images.map((image) =>
        limit(async () => {
          // The images after the one that failed are not fetched any more.
          budget.throwIfSpent();
          const { bytes, ...loaded } = await this.loadOne(image, signal);
          budget.spend(bytes.length);
          return loaded;
        }),
      ),
    );
  }

  private async loadOne(image: WantedImage, signal: AbortSignal): Promise<LoadedJobImage> {
    const { source, ...tileBounds } = image;
    const { maxBytes, maxPixels, fetchTimeoutMs } = this.config.images;
    const loaded = await loadImage(source, {
      http: this.http,
      objects: this.objectStore,
      buckets: this.buckets,
      limits: { maxBytes, maxPixels, fetchTimeoutMs },
      signal,
    });
    return { ...loaded, ...tileBounds };
  }
}
