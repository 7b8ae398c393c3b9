import { type Config } from '@tessera/config';
import { type ImagePlace, readPlace, type SourceOptions } from '@tessera/datasets';
import { UrlImages } from './url-images.js';

export type SourceBuckets = SourceOptions['buckets'];

/** Reads the images of a dataset, wherever they are. */
export class ImageReader {
  private readonly urls: UrlImages;
  private readonly maxBytes: number;

  constructor(
    config: Config,
    private readonly buckets: SourceBuckets,
  ) {
    this.urls = new UrlImages(config);
    this.maxBytes = config.images.maxBytes;
  }

  /** @throws {TesseraError} one of the `image_*` codes, or what S3 has against it */
  read(place: ImagePlace, signal: AbortSignal): Promise<Uint8Array> {
    if (place.kind === 'url') return this.urls.fetch(place.url, signal);
    return readPlace(place, { buckets: this.buckets, maxBytes: this.maxBytes, signal });
  }

  close(): Promise<void> {
    return this.urls.close();
  }
}
