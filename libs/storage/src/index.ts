export * from './errors.js';
export { openFolderStore } from './folder-store.js';
export {
  type DownloadOptions,
  type ObjectInfo,
  type ObjectRange,
  type ObjectStore,
  type OpenedObject,
} from './object-store.js';
export { type ObjectStorePlace, openNamedStore, openObjectStore } from './open-object-store.js';
// As types only, or the SDK would be loaded.
export type { S3Service } from './s3-service.js';
export type { S3Place } from './s3-store.js';
export { InputBuckets, type ListedInput, type ListInputs } from './input-buckets.js';
export * from './input-errors.js';
export { checkInputUrl, type InputObject, type InputRules } from './input-url.js';
