import { type JobRecord } from '@tessera/contracts';
import { type GenerationChoice, type GenerationResult } from '@tessera/engine';
import { describe, expect, it } from 'vitest';
import { toAnswer } from './to-answer.js';

const record: JobRecord = {
  id: 'job_1',
  ownerId: 'key_1',
  weight: 1,
  status: 'in_progress',
  request: { model: 'tiny', messages: [], images: [] },
  metadata: {},
  baseUrl: 'http://127.0.0.1',
  createdAtMs: 1_000,
  maxAttempts: 3,
  attempts: 1,
  requestId: 'request-1',
  cancelRequested: false,
};

const choice: GenerationChoice = { text: 'a red circle', tokenIds: [5, 6, 7], finishReason: 'stop' };
const result: GenerationResult = {
  ...choice,
  choices: [choice],
  usage: {
    prompt_tokens: 40,
    completion_tokens: 3,
    total_tokens: 43,
    prompt_tokens_details: { cached_tokens: 0, image_tokens: 16 },
  },
  tiles: [{ columns: 1, rows: 1, tiles: 1, width: 10, height: 10 }],
  timings: { preprocessMs: 10, visionMs: 20, waitMs: 400, prefillMs: 30, decodeMs: 40, totalMs: 500 },
  model: { id: 'tiny', revision: 'abc' },
};

describe('toAnswer', () => {
  it('counts every millisecond since the creation once', () => {
    const { timings } = toAnswer(result, record, { fetchMs: 5.04, nowMs: 2_000 });
    expect(timings).toEqual({
      queue_ms: 895,
      fetch_ms: 5,
      preprocess_ms: 10,
      vision_ms: 20,
      prefill_ms: 30,
      decode_ms: 40,
      total_ms: 1_000,
    });
  });

  it('never reports a negative time, though the clocks of two machines may differ', () => {
    const { timings } = toAnswer(result, record, { fetchMs: 5, nowMs: 900 });
    expect(timings).toMatchObject({ queue_ms: 0, total_ms: 0 });
  });

  it('has choices only where they say more than the output', () => {
    expect(toAnswer(result, record, { fetchMs: 5, nowMs: 2_000 })).not.toHaveProperty('choices');
    const second = { ...choice, text: 'a ring', finishReason: 'length' as const };
    expect(
      toAnswer({ ...result, choices: [choice, second] }, record, { fetchMs: 5, nowMs: 2_000 }),
    ).toMatchObject({
      output: { text: 'a red circle', finish_reason: 'stop' },
      choices: [
        { text: 'a red circle', finish_reason: 'stop' },
        { text: 'a ring', finish_reason: 'length' },
      ],
    });
  });

  it('writes log probabilities with the bytes of their tokens', () => {
    const half = { tokenId: 6, logprob: -Infinity, bytes: Uint8Array.of(0xc3) };
    const logprobs = [{ tokenId: 5, logprob: -0.5, bytes: Uint8Array.of(0x61), top: [half] }];
    const answer = toAnswer({ ...result, choices: [{ ...choice, logprobs }], logprobs }, record, {
      fetchMs: 5,
      nowMs: 2_000,
    });
    expect(answer.choices?.[0]?.logprobs).toEqual([
      {
        token: 'a',
        logprob: -0.5,
        bytes: [0x61],
        top_logprobs: [{ token: '\ufffd', logprob: -9999, bytes: [0xc3] }],
      },
    ]);
  });
});
