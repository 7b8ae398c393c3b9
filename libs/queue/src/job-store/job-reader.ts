import { FINAL_JOB_STATUSES, type JobRecord, type JobStatus, type TokenLogprob } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { type JobStreamEvent } from '../job-queue.js';
import { decodeRecord, jsonText } from '../record-fields.js';
import { toFields } from '../hash-reply.js';
import { callRedis } from '../redis-client.js';

const EVENTS_PER_READ = 500;

const streamEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('text'),
    text: z.string(),
    choice: z.coerce.number().default(0),
    logprobs: jsonText<TokenLogprob[]>().exactOptional(),
  }),
  z.object({ type: z.literal('restart') }),
]);

/** Whether a job in this status can still change. */
export function isFinal(status: JobStatus): boolean {
  return FINAL_JOB_STATUSES.some((final) => final === status);
}

/** Reads records and event streams. */
export class JobReader {
  constructor(
    private readonly redis: Redis,
    private readonly root: string,
  ) {}

  async record(id: string): Promise<JobRecord | undefined> {
    const fields = await callRedis('read the job', () => this.redis.hgetall(`${this.root}:job:${id}`));
    return Object.keys(fields).length === 0 ? undefined : decodeRecord(fields);
  }

  /** The first events after `cursor`, an id of the stream. */
  async eventsAfter(id: string, cursor: string): Promise<JobStreamEvent[]> {
    const entries = await callRedis('read the events of the job', () =>
      this.redis.xrange(`${this.root}:job-events:${id}`, `(${cursor}`, '+', 'COUNT', EVENTS_PER_READ),
    );
    return entries.map(([eventId, flat]) => ({ id: eventId, ...streamEvent.parse(toFields(flat)) }));
  }
}
