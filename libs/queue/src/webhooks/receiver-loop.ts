import { type Logger } from '@tessera/observability';
import { v7 as uuidv7 } from 'uuid';
import { ActiveSet } from '../active-set.js';
import { type DispatchScripts, type Lane } from './dispatch-scripts.js';
import { type HoldKeeper, type KeptHold } from './hold-keeper.js';
import { type ReceiverVisitor } from './receiver-visitor.js';

const LANES: readonly Lane[] = ['steady', 'troubled'];
/** Receivers that one script takes. */
const MOST_PER_CALL = 100;
const PAUSE_AFTER_FAILURE_MS = 1_000;

export interface ReceiverLoopOptions {
  readonly scripts: DispatchScripts;
  readonly visitor: ReceiverVisitor;
  readonly keeper: HoldKeeper;
  readonly logger: Logger;
  readonly maxReceivers: number;
  readonly holdMs: number;
  readonly lookEveryMs: number;
}

/**
 * Takes receivers whose time has come and has them visited. A receiver occupies one place, however much is due to it, and
 * goes to the end of its lane after every visit. Those that fail or are slow never have more than half of the places. Owners
 * take turns, and none gets a place in a lane unless it has less than a quarter as many there as are free.
 */
export class ReceiverLoop {
  private readonly visits: Readonly<Record<Lane, ActiveSet<KeptHold>>> = {
    steady: new ActiveSet(),
    troubled: new ActiveSet(),
  };
  private readonly loop: Promise<void>;
  private isStopped = false;
  private isWoken = false;
  private endPause: (() => void) | undefined;

  constructor(private readonly options: ReceiverLoopOptions) {
    this.loop = this.run();
  }

  /** There may be something to do now. */
  wake(): void {
    this.isWoken = true;
    this.endPause?.();
  }

  /** Takes no more receivers from now on. Resolves when all visits have ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.wake();
    await this.loop;
    await Promise.all(LANES.map((lane) => this.visits[lane].whenIdle()));
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.isWoken = false;
      await this.pause(await this.take());
    }
  }

  /** @returns ms until it is worth looking again */
  private async take(): Promise<number> {
    const { logger, lookEveryMs } = this.options;
    try {
      const waits = [];
      for (const lane of LANES) waits.push(await this.takeFrom(lane));
      return Math.min(lookEveryMs, ...waits);
    } catch (err) {
      logger.error({ err }, 'could not take webhook receivers');
      return PAUSE_AFTER_FAILURE_MS;
    }
  }

  private async takeFrom(lane: Lane): Promise<number> {
    const { scripts, keeper, holdMs, lookEveryMs } = this.options;
    const free = this.freePlaces(lane);
    // A visit that ends wakes us.
    if (free <= 0 || this.isStopped) return lookEveryMs;
    const placesByOwner = countByOwner(this.visits[lane]);
    const askedAtMs = performance.now();
    const taking = { most: MOST_PER_CALL, free, placesByOwner, holdMs, token: uuidv7() };
    const { holds, nextInMs } = await scripts.hold(lane, taking);
    for (const hold of holds) void this.visit(lane, keeper.keep(hold, askedAtMs));
    return nextInMs ?? lookEveryMs;
  }

  private freePlaces(lane: Lane): number {
    const { maxReceivers } = this.options;
    const { steady, troubled } = this.visits;
    const free = maxReceivers - steady.size - troubled.size;
    return lane === 'steady' ? free : Math.min(free, Math.floor(maxReceivers / 2) - troubled.size);
  }

  private async visit(lane: Lane, hold: KeptHold): Promise<void> {
    const { visitor, keeper, scripts, logger } = this.options;
    this.visits[lane].add(hold);
    try {
      const result = await visitor.visit(hold, lane === 'troubled');
      keeper.forget(hold);
      await scripts.release(hold, result);
    } catch (err) {
      // The hold ends by itself, and then the receiver is taken again.
      logger.error({ err, receiverId: hold.receiverId }, 'a visit to a webhook receiver broke off');
    } finally {
      keeper.forget(hold);
      this.visits[lane].remove(hold);
      this.wake();
    }
  }

  private async pause(ms: number): Promise<void> {
    if (this.isWoken || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = undefined;
  }
}

function countByOwner(holds: Iterable<KeptHold>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { ownerId } of holds) counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1);
  return counts;
}
