import { expect } from 'vitest';
import { type Expected, isJob, type Reply } from './hostile-case.js';
import { type ErrorBody } from '../../integration/api/api-client.js';

/** Holds a reply against what was expected, and against what holds for every reply. */
export async function expectReply(reply: Reply, expected: Expected): Promise<void> {
  const { status, code, param, message } = summaryOf(reply);
  const codes: readonly (string | null)[] = [expected.code ?? null].flat();
  expect({ status, code }, message).toEqual({
    status: expected.status,
    code: codes.includes(code) ? code : codes[0],
  });
  if (expected.message !== undefined) expect(message).toMatch(expected.message);
  if (expected.param !== undefined) expect(param).toBe(expected.param);
  if (expected.text !== undefined) expect(textOf(reply)).toBe(expected.text);
  expect(reply.headers.get('x-request-id')).toMatch(/^[\w.:-]{1,128}$/);
  await expected.check?.(reply);
}

interface Summary {
  status: number;
  code: string | null;
  message: string;
  param: string | null;
}

function summaryOf({ status, body }: Reply): Summary {
  const none = { status, code: null, message: '', param: null };
  if (isJob(body)) {
    return body.error === null ? none : { ...none, code: body.error.code, message: body.error.message };
  }
  if (typeof body !== 'object' || body === null || !('error' in body)) return none;
  const { code, message, param } = (body as ErrorBody).error;
  return { status, code, message, param };
}

function textOf({ body }: Reply): string | undefined {
  return isJob(body) ? body.output?.text : undefined;
}
