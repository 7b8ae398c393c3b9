import { setTimeout as delay } from 'node:timers/promises';
import { type BatchClient } from './batch-client.js';
import { type BatchProgress } from './batch-progress.js';
import { hasEnded, type ServiceBatch } from './batch-schema.js';

/** Looks become rarer: a batch of a few rows is over soon, one of many takes hours. */
const FIRST_INTERVAL_MS = 200;
const LONGEST_INTERVAL_MS = 2_000;

/** Shows how far a batch is until it has ended. @returns it as it ended */
export async function followBatch(
  client: BatchClient,
  batch: ServiceBatch,
  { progress, signal }: { progress: BatchProgress; signal: AbortSignal },
): Promise<ServiceBatch> {
  let latest = batch;
  progress.show(latest);
  for (let intervalMs = FIRST_INTERVAL_MS; !hasEnded(latest); intervalMs *= 1.5) {
    await delay(Math.min(intervalMs, LONGEST_INTERVAL_MS), undefined, { signal });
    latest = await client.get(latest.id);
    progress.show(latest);
  }
  return latest;
}
