import { readSourceRecord } from '@tessera/hub';
import { CheckpointIncompleteError } from './errors/index.js';
import { type ModelManifest } from './manifest.js';

/**
 * Where a checkpoint was pulled from; null for one that came in another way. Throws {@link CheckpointIncompleteError} for
 * one whose download has not ended.
 */
export async function readPulled(directory: string): Promise<ModelManifest['source']['pulled']> {
  const record = await readSourceRecord(directory);
  if (record === undefined) return null;
  const { repository, commit, complete } = record;
  if (!complete) throw new CheckpointIncompleteError(directory, repository);
  return { repository, commit };
}
