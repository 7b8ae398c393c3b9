import { type Logger } from '@tessera/observability';
import { type DispatchScripts, type Hold } from './dispatch-scripts.js';

/** Renewals in the time that a hold lasts. */
const RENEWALS_PER_HOLD = 3;

/** A receiver in hand. Its signal aborts when the hold is lost, since another dispatcher delivers then too. */
export interface KeptHold extends Hold {
  readonly controller: AbortController;
  renewedAtMs: number;
}

/** Keeps holds on receivers while they are told something. */
export class HoldKeeper {
  private readonly held = new Set<KeptHold>();
  private readonly timer: NodeJS.Timeout;
  private isRenewing = false;

  constructor(
    private readonly scripts: Pick<DispatchScripts, 'renew'>,
    private readonly holdMs: number,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.renew(), holdMs / RENEWALS_PER_HOLD);
  }

  keep(hold: Hold): KeptHold {
    const kept = { ...hold, controller: new AbortController(), renewedAtMs: performance.now() };
    this.held.add(kept);
    return kept;
  }

  forget(hold: KeptHold): void {
    this.held.delete(hold);
  }

  abortAll(): void {
    for (const { controller } of this.held) controller.abort();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async renew(): Promise<void> {
    this.abortOutdated();
    if (this.isRenewing || this.held.size === 0) return;
    this.isRenewing = true;
    try {
      const holds = [...this.held];
      const askedAtMs = performance.now();
      const lost = new Set(await this.scripts.renew(holds, this.holdMs));
      for (const hold of holds) {
        if (lost.has(hold.receiverId)) hold.controller.abort();
        else hold.renewedAtMs = askedAtMs;
      }
    } catch (err) {
      this.logger.warn({ err }, 'could not renew the holds on webhook receivers');
    } finally {
      this.isRenewing = false;
    }
  }

  /** Redis did not answer for as long as a hold lasts: by now somebody else may have taken it. */
  private abortOutdated(): void {
    const endedAtMs = performance.now() - this.holdMs;
    for (const { controller, renewedAtMs } of this.held) if (renewedAtMs < endedAtMs) controller.abort();
  }
}
