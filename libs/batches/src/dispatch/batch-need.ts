import { type BatchRecord } from '@tessera/contracts';
import { type BatchSteps } from './batch-steps.js';
import { type StepLane } from './step-places.js';

/** A step that takes as long as the files of its batch are. */
export interface NeededStep {
  readonly lane: StepLane;
  readonly take: (steps: BatchSteps, signal: AbortSignal) => Promise<void>;
}

/** What a batch needs next beside rows handed out; undefined where that is nothing now. */
export function needOf(batch: BatchRecord, nowMs: number): 'expire' | NeededStep | undefined {
  const { earlyEnd, status } = batch;
  if (earlyEnd !== undefined) {
    return { lane: 'assembly', take: (steps, signal) => steps.endEarly({ ...batch, earlyEnd }, signal) };
  }
  if (batch.deadlineAtMs <= nowMs && status !== 'finalizing') return 'expire';
  if (status === 'validating') {
    return { lane: 'validation', take: (steps, signal) => steps.validate(batch, signal) };
  }
  if (batch.nextRow < batch.total || batch.openChunks > 0) return undefined;
  return { lane: 'assembly', take: (steps, signal) => steps.complete(batch, signal) };
}
