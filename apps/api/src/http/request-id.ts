import { randomUUID } from 'node:crypto';

const SANE_REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The client's `x-request-id` when it is short and plain, else a new one. */
export function chooseRequestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && SANE_REQUEST_ID.test(given)
    ? given
    : `req_${randomUUID().replaceAll('-', '')}`;
}
