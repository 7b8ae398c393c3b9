import { type CommittedChunk } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { type PartName, partKey } from '../chunk/part-files.js';

/** Where it is told which chunks are committed. */
export interface CommittedChunks {
  committedChunks(batchId: string): AsyncIterable<CommittedChunk & { index: number }>;
}

/** The lines of every committed chunk that has any of this kind, a chunk at a time, in the order of the input. */
export async function* readParts(
  batchId: string,
  name: PartName,
  { chunks, objectStore }: { chunks: CommittedChunks; objectStore: Pick<ObjectStore, 'get'> },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks.committedChunks(batchId)) {
    const bytes = name === 'output' ? chunk.outputBytes : chunk.errorBytes;
    if (bytes > 0) yield await objectStore.get(partKey({ batchId, ...chunk }, name));
  }
}
