import { type IncomingContent, type StoredBytes } from '@tessera/queue';
import { StorageLimitExceededError } from './errors.js';

/** Most room that is claimed ahead of what has come; less of what is small, so that little is claimed for nothing. */
const LONGEST_STEP_BYTES = 8 * 1024 * 1024;
/** A claim is renewed after this time, also where few bytes come. */
const RENEW_MS = 60_000;
/** Time after which the claim of a process that died ends: long enough for bytes that stand still as long as they may. */
const LAPSE_MS = 3_900_000;

/** Whose store the bytes go to, and how much of it there may be. */
export interface StorageAllowance {
  readonly ownerId: string;
  /** Absent: as much as it likes. */
  readonly limitBytes?: number;
}

/**
 * Passes bytes on while there is room for them in their owner's part of the store.
 * @throws {StorageLimitExceededError} before the first byte that is too many
 */
export async function* claimBytes(
  source: AsyncIterable<Uint8Array>,
  content: IncomingContent,
  { storedBytes, limitBytes }: { storedBytes: Pick<StoredBytes, 'claim'>; limitBytes: number },
): AsyncGenerator<Uint8Array> {
  let byteCount = 0;
  let claimedBytes = 0;
  let claimedAtMs = -RENEW_MS;
  for await (const chunk of source) {
    byteCount += chunk.length;
    if (byteCount > claimedBytes || performance.now() - claimedAtMs > RENEW_MS) {
      const outcome = await storedBytes.claim(content, {
        neededBytes: byteCount,
        wantedBytes: byteCount + Math.min(byteCount, LONGEST_STEP_BYTES),
        limitBytes,
        lapseMs: LAPSE_MS,
      });
      if (outcome.kind === 'exceeded') throw new StorageLimitExceededError(limitBytes, outcome.storedBytes);
      claimedBytes = outcome.bytes;
      claimedAtMs = performance.now();
    }
    yield chunk;
  }
}
