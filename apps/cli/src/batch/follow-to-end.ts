import { type ServiceOptions, type WaitOptions } from './batch-options.js';
import { BatchProgress } from './batch-progress.js';
import { type ServiceBatch } from './batch-schema.js';
import { describeBatch } from './describe-batch.js';
import { BatchNotCompletedError, BatchRowsFailedError } from './errors.js';
import { followBatch } from './follow-batch.js';
import { type BatchService } from './service-of.js';

/** What a command works with while it follows a batch. */
export interface Following {
  readonly service: BatchService;
  readonly signal: AbortSignal;
}

/** Tells of a batch that was just made, and follows it where `--wait` asks for that. */
export async function finishNew(
  batch: ServiceBatch,
  options: WaitOptions,
  following: Following,
): Promise<void> {
  if (options.wait !== true) {
    process.stdout.write(`${options.json === true ? JSON.stringify(batch) : batch.id}\n`);
    return;
  }
  process.stderr.write(`made ${batch.id}\n`);
  await followToEnd(batch, options, following);
}

/**
 * Follows a batch to its end, and prints it then.
 * @throws {BatchNotCompletedError | BatchRowsFailedError}
 */
export async function followToEnd(
  batch: ServiceBatch,
  options: WaitOptions,
  following: Following,
): Promise<void> {
  const ended = await follow(batch, options, following);
  printBatch(ended, options);
  if (ended.status !== 'completed') throw new BatchNotCompletedError(ended);
  if (options.failOnError === true && ended.request_counts.failed > 0) throw new BatchRowsFailedError(ended);
}

async function follow(
  batch: ServiceBatch,
  { url }: WaitOptions,
  { service, signal }: Following,
): Promise<ServiceBatch> {
  const progress = new BatchProgress();
  try {
    return await followBatch(service.patientClient, batch, { progress, signal });
  } catch (error) {
    const where = url === undefined ? '' : ` --url ${url}`;
    progress.print(`the batch goes on; come back with: tessera batch status ${batch.id} --wait${where}`);
    throw error;
  } finally {
    progress.clear();
  }
}

export function printBatch(batch: ServiceBatch, { json }: ServiceOptions): void {
  process.stdout.write(`${json === true ? JSON.stringify(batch) : describeBatch(batch)}\n`);
}
