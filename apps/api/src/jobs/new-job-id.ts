import { randomBytes } from 'node:crypto';

const JOB_ID = /^job_[0-9a-z]{1,64}$/;

/** A new job id: 128 random bits, so that nobody can guess another one's. */
export function newJobId(): string {
  return `job_${randomBytes(16).toString('hex')}`;
}

/** Whether a text from a path or query can be the id of a job at all; what cannot never reaches Redis or the store. */
export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}
