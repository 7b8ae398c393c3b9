/** The chunk is another attempt's by now, or committed: whatever this one still does is void. */
export class ChunkLostError extends Error {
  constructor(
    readonly batchId: string,
    readonly index: number,
    readonly reason: string,
  ) {
    super(`chunk ${index} of ${batchId} is no longer this attempt's: ${reason}`);
    this.name = 'ChunkLostError';
  }
}

/** No further row of the chunk begins, though the attempt is still its own. */
export class ChunkStoppedError extends Error {
  constructor(readonly reason: 'ended' | 'draining') {
    super(reason === 'ended' ? 'the batch ends early' : 'the worker stops');
    this.name = 'ChunkStoppedError';
  }
}

/** The batch has ended since its committed chunks began to be read: its files have what they had. */
export class CommittedChunksGoneError extends Error {
  constructor(readonly batchId: string) {
    super(`the committed chunks of ${batchId} are gone: it has ended`);
    this.name = 'CommittedChunksGoneError';
  }
}
