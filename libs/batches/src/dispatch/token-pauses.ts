import { type BatchRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type BatchLedger } from '@tessera/queue';

/** Holds batches back whose owners have used up the day's tokens: they go on by themselves after midnight UTC. */
export class TokenPauses {
  private paused: ReadonlySet<string> = new Set();

  constructor(
    private readonly ledger: Pick<BatchLedger, 'outOfTokens'>,
    private readonly logger: Logger,
  ) {}

  /** Ids of those of the batches whose rows may not begin. */
  async outOfTokens(batches: readonly BatchRecord[]): Promise<ReadonlySet<string>> {
    const paused = await this.ledger.outOfTokens(batches);
    for (const batchId of paused) {
      if (!this.paused.has(batchId)) {
        this.logger.info({ batchId }, 'no rows of the batch begin until midnight UTC: no tokens are left');
      }
    }
    this.paused = paused;
    return paused;
  }
}
