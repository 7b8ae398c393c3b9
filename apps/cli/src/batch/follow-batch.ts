import { setTimeout as delay } from 'node:timers/promises';
import { type BatchClient } from './batch-client.js';
import { type BatchProgress } from './batch-progress.js';
import { hasEnded, type ServiceBatch } from './batch-schema.js';

const POLL_INTERVAL_MS = 1_000;

/** Shows how far a batch is until it has ended. @returns it as it ended */
export async function followBatch(
  client: BatchClient,
  batch: ServiceBatch,
  { progress, signal }: { progress: BatchProgress; signal: AbortSignal },
): Promise<ServiceBatch> {
  let latest = batch;
  progress.show(latest);
  while (!hasEnded(latest)) {
    await delay(POLL_INTERVAL_MS, undefined, { signal });
    latest = await client.get(latest.id);
    progress.show(latest);
  }
  return latest;
}
