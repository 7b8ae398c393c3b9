import { randomUUID } from 'node:crypto';
import {
  type ListOptions,
  type RetryOptions,
  type ServiceOptions,
  type WaitOptions,
} from './batch-options.js';
import { describeBatchBriefly } from './describe-batch.js';
import { finishNew, followToEnd, printBatch } from './follow-to-end.js';
import { interruptible } from './interruptible.js';
import { serviceOf } from './service-of.js';

export function runStatus(id: string, options: WaitOptions): Promise<void> {
  return interruptible(async (signal) => {
    const service = serviceOf(options, signal);
    const batch = await service.client.get(id);
    if (options.wait === true) await followToEnd(batch, options, { service, signal });
    else printBatch(batch, options);
  });
}

export function runList(options: ListOptions): Promise<void> {
  return interruptible(async (signal) => {
    const { data, has_more: hasMore } = await serviceOf(options, signal).client.list(options);
    for (const batch of data) {
      const line = options.json === true ? JSON.stringify(batch) : describeBatchBriefly(batch);
      process.stdout.write(`${line}\n`);
    }
    const last = data.at(-1);
    if (hasMore && last !== undefined) process.stderr.write(`there are more: --after ${last.id}\n`);
  });
}

export function runCancel(id: string, options: ServiceOptions): Promise<void> {
  return interruptible(async (signal) => {
    printBatch(await serviceOf(options, signal).client.cancel(id), options);
  });
}

export function runRetry(id: string, options: RetryOptions): Promise<void> {
  return interruptible(async (signal) => {
    const service = serviceOf(options, signal);
    const batch = await service.client.retry(id, options, randomUUID());
    await finishNew(batch, options, { service, signal });
  });
}
