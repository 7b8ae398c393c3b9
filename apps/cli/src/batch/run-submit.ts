import { randomUUID } from 'node:crypto';
import { type SubmitOptions } from './batch-options.js';
import { BatchProgress } from './batch-progress.js';
import { finishNew } from './follow-to-end.js';
import { interruptible } from './interruptible.js';
import { type BatchService, serviceOf } from './service-of.js';
import { openUploadForm } from './upload-form.js';

/** Uploads a file of requests and makes a batch of it. */
export function runSubmit(path: string, options: SubmitOptions): Promise<void> {
  return interruptible(async (signal) => {
    const service = serviceOf(options, signal);
    const fileId = await upload(path, service);
    const batch = await service.client.create(fileId, options, randomUUID());
    await finishNew(batch, options, { service, signal });
  });
}

async function upload(path: string, { client }: BatchService): Promise<string> {
  const progress = new BatchProgress();
  const form = await openUploadForm(path, { onSent: (bytes) => progress.sent(bytes, form.fileBytes) });
  try {
    return await client.uploadFile(form);
  } finally {
    progress.clear();
  }
}
