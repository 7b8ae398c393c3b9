export * from './errors.js';
export { openFolderStore } from './folder-store.js';
export { type ObjectStore } from './object-store.js';
