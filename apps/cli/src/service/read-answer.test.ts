import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ServiceRefusedError, UnexpectedAnswerError } from './errors.js';
import { parseRetryAfter, readAnswer } from './read-answer.js';

const schema = z.object({ id: z.string() });
const read = (status: number, body: string, headers = {}) =>
  readAnswer(new Response(body, { status, headers }), schema);
const envelope = JSON.stringify({
  error: { message: 'no', type: 'invalid_request_error', param: null, code: 'image_too_large' },
});

describe('readAnswer', () => {
  it('takes an answer whatever its status: a failed job comes with that of its error', async () => {
    expect(await read(400, '{"id":"job_1"}')).toEqual({ id: 'job_1' });
  });

  it('takes over code, message and headers of a refusal', async () => {
    const error = await read(400, envelope, { 'x-should-retry': 'false' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServiceRefusedError);
    expect(error).toMatchObject({ code: 'image_too_large', refusal: { status: 400, shouldRetry: false } });
  });

  it('reads a code of a newer service as internal_error and keeps its words', async () => {
    const newer = JSON.stringify({ error: { message: 'words', code: 'something_new' } });
    await expect(read(400, newer)).rejects.toMatchObject({
      code: 'internal_error',
      refusal: { message: 'words' },
    });
  });

  it('tells a proxy that answers in place of the service from something that is no service', async () => {
    await expect(read(502, '<html>')).rejects.toMatchObject({ code: 'service_unavailable' });
    await expect(read(413, '<html>')).rejects.toMatchObject({ code: 'request_too_large' });
    await expect(read(404, '<html>')).rejects.toBeInstanceOf(UnexpectedAnswerError);
    await expect(read(200, '<html>')).rejects.toBeInstanceOf(UnexpectedAnswerError);
    await expect(read(200, '{"id":1}')).rejects.toBeInstanceOf(UnexpectedAnswerError);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  it.each([
    ['3', 3000],
    ['Wed, 21 Oct 2026 07:28:05 GMT', 5000],
    ['Wed, 21 Oct 2026 07:00:00 GMT', 0],
    ['86400', 300_000],
    ['soon', undefined],
    [null, undefined],
  ])('reads %j', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
