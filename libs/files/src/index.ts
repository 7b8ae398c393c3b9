export { type StorageAllowance } from './claim-bytes.js';
export * from './errors.js';
export { isFileId, isUploadId, newFileId } from './file-id.js';
export { readFileRecord, resolveImageFile } from './file-record.js';
export {
  type ContentOptions,
  type FileFacts,
  FileStore,
  type FileStoreOptions,
  type NewFile,
  type StoredContent,
} from './file-store.js';
export { FirstLineCheck, watchFirstLine } from './first-line-check.js';
export { limitBytes } from './limit-bytes.js';
export { contentKey } from './object-keys.js';
export { toFileObject, toUploadObject } from './to-file-object.js';
export {
  type Completion,
  MAX_PART_BYTES,
  type NewUpload,
  type StoredPart,
  UploadStore,
  type UploadStoreOptions,
} from './uploads/upload-store.js';
export {
  type FileUpkeep,
  type FileUpkeepOptions,
  type FileUpkeepTimings,
  startFileUpkeep,
} from './upkeep/start-file-upkeep.js';
