import { type BatchRecord } from '@tessera/contracts';
import { StepTurns, type WaitingStep } from './step-turns.js';

/**
 * Steps that share places: those that read inputs, each of which takes 16 bytes a row and may be as long as a file is,
 * and those that put files together, which wait for none of them.
 */
export type StepLane = 'validation' | 'assembly';

const PLACES: Readonly<Record<StepLane, number>> = { validation: 4, assembly: 4 };

export interface BatchStep extends WaitingStep {
  readonly lane: StepLane;
  /** Does not fail. */
  readonly run: () => Promise<void>;
}

/** Does a few steps of batches at a time, one of each batch, and takes turns between their owners. */
export class StepPlaces {
  private readonly turns: Readonly<Record<StepLane, StepTurns>>;
  private readonly underWay = new Map<string, { lane: StepLane; ownerId: string; ending: Promise<void> }>();

  /** @param onEnded is called whenever a place is free again */
  constructor(
    private readonly onEnded: () => void,
    places = PLACES,
  ) {
    this.turns = {
      validation: new StepTurns(places.validation),
      assembly: new StepTurns(places.assembly),
    };
  }

  /** Batches that have a step under way. */
  get busyIds(): ReadonlySet<string> {
    return new Set(this.underWay.keys());
  }

  /** Begins what has its turn of all the steps that wait now. @param open all batches that are not final */
  offer(steps: readonly BatchStep[], open: readonly BatchRecord[]): void {
    for (const [lane, turns] of Object.entries(this.turns)) {
      turns.keepOnly(open);
      const ofLane = steps.filter((step) => step.lane === lane);
      for (;;) {
        const waiting = ofLane.filter(({ batch }) => !this.underWay.has(batch.id));
        const next = turns.next(waiting, this.ownersIn(lane), performance.now());
        if (next === undefined) break;
        this.begin(next);
      }
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.underWay.values()].map(({ ending }) => ending));
  }

  private ownersIn(lane: string): string[] {
    return [...this.underWay.values()].filter((step) => step.lane === lane).map(({ ownerId }) => ownerId);
  }

  private begin({ batch: { id, ownerId }, lane, run }: BatchStep): void {
    const ending = run().finally(() => {
      this.underWay.delete(id);
      this.onEnded();
    });
    this.underWay.set(id, { lane, ownerId, ending });
  }
}
