import { openFolderStore, openNamedFolder } from './folder-store.js';
import { NAMED_KEYS } from './named-key.js';
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

/**
 * Opens a place for files that people name: an `ObjectStore` whose keys are theirs, of any signs, and whose objects lie
 * in a folder as the plain files of those names. Unfinished files lie in `temporaryFolder` of it.
 * @throws {ObjectStoreUnavailableError} when it cannot be reached, with what to do about it
 */
export async function openNamedStore(
  place: ObjectStorePlace,
  { temporaryFolder }: { readonly temporaryFolder: string },
): Promise<ObjectStore> {
  if (place.kind === 'folder') return openNamedFolder(place.directory, temporaryFolder);
  const { openS3Store } = await import('./s3-store.js');
  return openS3Store(place, NAMED_KEYS);
}
