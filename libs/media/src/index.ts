export * from './errors.js';
export { hashImage } from './hash-image.js';
export { decodeImage, type ImageLimits, type ImageSize, probeImage } from './image.js';
export { type ImageLoading, type LoadableImage, type LoadedImage, loadImage } from './load-image.js';
export { type BucketObject, type ImageBuckets } from './read-bucket-image.js';
