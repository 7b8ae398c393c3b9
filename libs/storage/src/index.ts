export * from './errors.js';
export { openFolderStore } from './folder-store.js';
export {
  type DownloadOptions,
  type ObjectInfo,
  type ObjectRange,
  type ObjectStore,
  type OpenedObject,
} from './object-store.js';
