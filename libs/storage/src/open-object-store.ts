import { openFolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';
import { openS3Store, type S3Place } from './s3-store.js';

/** Where an object store is. */
export type ObjectStorePlace =
  { readonly kind: 'folder'; readonly directory: string } | ({ readonly kind: 's3' } & S3Place);

/**
 * Opens the object store at `place` and checks that it can be reached.
 * @throws {ObjectStoreUnavailableError} when it cannot, with what to do about it
 */
export function openObjectStore(place: ObjectStorePlace): Promise<ObjectStore> {
  return place.kind === 'folder' ? openFolderStore(place.directory) : openS3Store(place);
}
