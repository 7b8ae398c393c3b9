import { type JobTimings } from '@tessera/contracts';
import { type GenerationTimings } from '@tessera/engine';
import { roundMs } from './round-ms.js';

/** A generation of this process in the words of a job: `queue_ms` is the wait for a run or a slot of the engine. */
export function toJobTimings(timings: GenerationTimings, fetchMs: number): JobTimings {
  return {
    queue_ms: roundMs(timings.waitMs),
    fetch_ms: roundMs(fetchMs),
    preprocess_ms: roundMs(timings.preprocessMs),
    vision_ms: roundMs(timings.visionMs),
    prefill_ms: roundMs(timings.prefillMs),
    decode_ms: roundMs(timings.decodeMs),
    total_ms: roundMs(fetchMs + timings.totalMs),
  };
}
