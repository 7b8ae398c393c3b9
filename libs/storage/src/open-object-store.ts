import { openFolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';
import type { S3Place } from './s3-store.js';

/** Where an object store is. */
export type ObjectStorePlace =
  { readonly kind: 'folder'; readonly directory: string } | ({ readonly kind: 's3' } & S3Place);

/**
 * Opens the object store at `place` and checks that it can be reached.
 * @throws {ObjectStoreUnavailableError} when it cannot, with what to do about it
 */
export async function openObjectStore(place: ObjectStorePlace): Promise<ObjectStore> {
  if (place.kind === 'folder') return openFolderStore(place.directory);
  // The SDK takes its time and memory to load: only where it is used.
  const { openS3Store } = await import('./s3-store.js');
  return openS3Store(place);
}
