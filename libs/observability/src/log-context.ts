import { AsyncLocalStorage } from 'node:async_hooks';

/** What every line about one piece of work says, however deep in the code it is written. */
export interface LogContext {
  /** x-request-id of the HTTP request that caused the work, on whichever process it is done. */
  readonly requestId?: string;
  readonly jobId?: string;
  readonly batchId?: string;
}

const contexts = new AsyncLocalStorage<LogContext>();

/**
 * Runs `work` so that every line logged in it, also after it has waited, carries the fields. Within another context they
 * come on top of that one's.
 */
export function withLogContext<Result>(fields: LogContext, work: () => Result): Result {
  return contexts.run({ ...contexts.getStore(), ...fields }, work);
}

/** The fields of the work that is under way. */
export function currentLogContext(): LogContext {
  return contexts.getStore() ?? {};
}
