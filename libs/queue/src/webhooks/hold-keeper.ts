import { type Logger } from '@tessera/observability';
import { type DispatchScripts, type Hold } from './dispatch-scripts.js';

/** Renewals in the time that a hold lasts. */
const RENEWALS_PER_HOLD = 3;

/** A receiver in hand. Its signal aborts when the hold is lost, since another dispatcher delivers then too. */
export interface KeptHold extends Hold {
  readonly controller: AbortController;
}

/**
 * Keeps holds on receivers while they are told something. A hold that Redis was not heard to have renewed is given up when
 * it ends, to the millisecond: from then on somebody else may have it.
 */
export class HoldKeeper {
  /** With what ends each. */
  private readonly held = new Map<KeptHold, NodeJS.Timeout>();
  private readonly timer: NodeJS.Timeout;
  private isRenewing = false;

  constructor(
    private readonly scripts: Pick<DispatchScripts, 'renew'>,
    private readonly holdMs: number,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.renew(), holdMs / RENEWALS_PER_HOLD);
  }

  /** @param askedAtMs when Redis was asked for it, by `performance.now()`: the hold lasts from no earlier than that */
  keep(hold: Hold, askedAtMs: number): KeptHold {
    const kept = { ...hold, controller: new AbortController() };
    this.endAfter(kept, askedAtMs);
    return kept;
  }

  /** Redis has renewed the hold since it was asked to. */
  renewed(hold: KeptHold, askedAtMs: number): void {
    if (this.held.has(hold)) this.endAfter(hold, askedAtMs);
  }

  forget(hold: KeptHold): void {
    clearTimeout(this.held.get(hold));
    this.held.delete(hold);
  }

  abortAll(): void {
    for (const { controller } of this.held.keys()) controller.abort();
  }

  stop(): void {
    clearInterval(this.timer);
    for (const ending of this.held.values()) clearTimeout(ending);
  }

  private async renew(): Promise<void> {
    if (this.isRenewing || this.held.size === 0) return;
    this.isRenewing = true;
    try {
      const holds = [...this.held.keys()];
      const askedAtMs = performance.now();
      const lost = new Set(await this.scripts.renew(holds, this.holdMs));
      for (const hold of holds) {
        if (lost.has(hold.receiverId)) hold.controller.abort();
        else this.renewed(hold, askedAtMs);
      }
    } catch (err) {
      this.logger.warn({ err }, 'could not renew the holds on webhook receivers');
    } finally {
      this.isRenewing = false;
    }
  }

  private endAfter(hold: KeptHold, askedAtMs: number): void {
    clearTimeout(this.held.get(hold));
    const leftMs = askedAtMs + this.holdMs - performance.now();
    // A timer takes a moment, in which an attempt could begin.
    if (leftMs <= 0) hold.controller.abort();
    this.held.set(
      hold,
      setTimeout(() => hold.controller.abort(), Math.max(0, leftMs)),
    );
  }
}
