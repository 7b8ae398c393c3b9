import { type IncomingContent, type StoredBytes } from '@tessera/queue';
import { StorageLimitExceededError } from './errors.js';

/** Most room that is claimed ahead of what has come; less of what is small, so that little is claimed for nothing. */
const LONGEST_STEP_BYTES = 8 * 1024 * 1024;
/** A claim is renewed so often, whether bytes come or stand still. */
const RENEW_MS = 60_000;
/** Time after which the claim of a process that died ends: one renewal may fail. */
const LAPSE_MS = 180_000;
/** Bytes that stand still for longer will not come: longer than a client is waited for. */
const LONGEST_STILL_MS = 3_900_000;

/** Whose store the bytes go to, and how much of it there may be. */
export interface StorageAllowance {
  readonly ownerId: string;
  /** Absent: as much as it likes. */
  readonly limitBytes?: number;
}

interface ClaimOptions {
  readonly storedBytes: Pick<StoredBytes, 'claim'>;
  readonly limitBytes: number;
}

/**
 * Passes bytes on while there is room for them in their owner's part of the store.
 * @throws {StorageLimitExceededError} before the first byte that is too many
 */
export async function* claimBytes(
  source: AsyncIterable<Uint8Array>,
  content: IncomingContent,
  options: ClaimOptions,
): AsyncGenerator<Uint8Array> {
  const claim = new Claim(content, options);
  let byteCount = 0;
  try {
    for await (const chunk of source) {
      byteCount += chunk.length;
      await claim.cover(byteCount);
      yield chunk;
    }
  } finally {
    claim.leave();
  }
}

/** Room for content that comes, kept until it is left: to the file that the content becomes, or to lapse. */
class Claim {
  private neededBytes = 0;
  private claimedBytes = 0;
  private grownAtMs = performance.now();
  private isAsking = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly content: IncomingContent,
    private readonly options: ClaimOptions,
  ) {
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
    this.timer.unref();
  }

  /** @throws {StorageLimitExceededError} */
  async cover(neededBytes: number): Promise<void> {
    this.grownAtMs = performance.now();
    this.neededBytes = neededBytes;
    if (neededBytes <= this.claimedBytes) return;
    const storedBytes = await this.ask(neededBytes + Math.min(neededBytes, LONGEST_STEP_BYTES));
    if (storedBytes !== undefined) throw new StorageLimitExceededError(this.options.limitBytes, storedBytes);
  }

  leave(): void {
    clearInterval(this.timer);
  }

  private async renew(): Promise<void> {
    if (performance.now() - this.grownAtMs > LONGEST_STILL_MS) this.leave();
    else if (this.claimedBytes > 0 && !this.isAsking) {
      // Where Redis is away the next renewal is in time, and the next chunk that needs room asks for all of it.
      await this.ask(Math.max(this.neededBytes, this.claimedBytes)).catch(() => undefined);
    }
  }

  /** @returns what the owner has stored, where there is no room */
  private async ask(wantedBytes: number): Promise<number | undefined> {
    const { storedBytes, limitBytes } = this.options;
    const { content, neededBytes } = this;
    this.isAsking = true;
    try {
      const outcome = await storedBytes.claim(content, {
        neededBytes,
        wantedBytes,
        limitBytes,
        lapseMs: LAPSE_MS,
      });
      this.claimedBytes = outcome.kind === 'claimed' ? outcome.bytes : 0;
      return outcome.kind === 'claimed' ? undefined : outcome.storedBytes;
    } finally {
      this.isAsking = false;
    }
  }
}
