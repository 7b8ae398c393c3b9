export * from './errors.js';
export { decodeImage, type ImageLimits, type ImageSize, probeImage } from './image.js';
