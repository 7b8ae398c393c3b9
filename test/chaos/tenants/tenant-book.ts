import { type FileObject, type Job } from '@tessera/contracts';
import { type TenantName } from './tenants.js';

/** What a tenant's clients know to be theirs. */
export interface TenantBook {
  /** Every job that was accepted, in order. */
  readonly jobs: string[];
  /** As they ended, of jobs that were deleted. */
  readonly deletedJobs: Map<string, Job>;
  readonly files: FileObject[];
  readonly endpoints: string[];
}

export type TenantBooks = Readonly<Record<TenantName, TenantBook>>;

export function newBooks(): TenantBooks {
  const book = (): TenantBook => ({ jobs: [], deletedJobs: new Map(), files: [], endpoints: [] });
  return { streams: book(), queue: book(), storage: book(), tokens: book() };
}
