import { type Job, type JobRecord } from '@tessera/contracts';
import { type ToJobObject } from './job-queue.js';
import { optionalSeconds, toSeconds } from './unix-seconds.js';

/** The job object that clients see, made of the record. */
export const toJobObject: ToJobObject = (record, queuePosition) => ({
  id: record.id,
  object: 'job',
  status: record.status,
  ...answerOf(record),
  error: record.error ?? null,
  metadata: record.metadata,
  urls: urlsOf(record),
  created_at: toSeconds(record.createdAtMs),
  started_at: optionalSeconds(record.startedAtMs),
  finished_at: optionalSeconds(record.finishedAtMs),
  expires_at: optionalSeconds(record.deadlineAtMs),
  attempts: record.attempts,
  ...(record.status === 'queued' && queuePosition !== undefined ? { queue_position: queuePosition } : {}),
});

function answerOf({
  answer,
  request,
}: JobRecord): Pick<Job, 'model' | 'output' | 'usage' | 'tiles' | 'timings'> {
  if (answer !== undefined) {
    const { model, output, usage, tiles, timings } = answer;
    return { model, output, usage, tiles, timings };
  }
  return {
    model: { id: request.model, revision: null },
    output: null,
    usage: null,
    tiles: null,
    timings: null,
  };
}

function urlsOf({ id, baseUrl }: JobRecord): Job['urls'] {
  const get = `${baseUrl.replace(/\/+$/, '')}/v1/jobs/${id}`;
  return { get, cancel: `${get}/cancel`, stream: `${get}/stream` };
}
