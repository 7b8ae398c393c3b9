import { loadConfig } from '@tessera/config';
import { type BatchRow, type RowAnswer } from '@tessera/contracts';
import {
  EngineClosedError,
  type Engine,
  type GenerationRequest,
  type GenerationResult,
} from '@tessera/engine';
import { createLogger } from '@tessera/observability';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RowAnswerer } from './row-answerer.js';
import { type RowImages } from './row-images.js';

const logger = createLogger({ name: 'test', level: 'silent' });
const images = { load: () => Promise.resolve([]) } as unknown as RowImages;
const choice = { text: 'a red circle', tokenIds: [5, 6, 7], finishReason: 'stop' as const };
const result: GenerationResult = {
  ...choice,
  choices: [choice],
  usage: {
    ...{ prompt_tokens: 40, completion_tokens: 3, total_tokens: 43 },
    prompt_tokens_details: { cached_tokens: 16, image_tokens: 0 },
  },
  tiles: [],
  timings: { preprocessMs: 0, visionMs: 0, waitMs: 0, prefillMs: 1, decodeMs: 1, totalMs: 2 },
  model: { id: 'tiny', revision: 'abc' },
};

function row(changes: Record<string, unknown> = {}): BatchRow {
  const body = { model: 'tiny', messages: [{ role: 'user', content: 'What is it?' }], ...changes };
  return {
    batchId: 'batch_1',
    ownerId: 'key_1',
    customId: 'row-1',
    body,
    requestId: 'req_1',
  };
}

type Generate = Engine['generate'];

function setUp(generate: Generate, maxAttempts = 3) {
  const engine = { generate: vi.fn<Generate>(generate) };
  const config = loadConfig({ TESSERA_MAX_ATTEMPTS: String(maxAttempts) });
  const { answer } = new RowAnswerer(logger, config, engine, images);
  return { generate: engine.generate, answer };
}

const signal = new AbortController().signal;

describe('RowAnswerer', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  /** Through all pauses between attempts. */
  async function settled(answering: Promise<RowAnswer>): Promise<RowAnswer> {
    await vi.runAllTimersAsync();
    return answering;
  }

  it('answers with a chat completion and the tokens it took', async () => {
    const { generate, answer } = setUp(() => Promise.resolve(result));
    const answered = await answer(row({ temperature: 0.5, max_completion_tokens: 9 }), { signal });
    expect(generate.mock.calls[0]?.[0]).toMatchObject({
      ...{ priority: 'batch', maxTokens: 9, sampling: { temperature: 0.5 }, images: [], signal },
    } satisfies Partial<GenerationRequest>);
    expect(answered).toMatchObject({
      kind: 'answered',
      tokens: { input: 40, cached: 16, output: 3 },
      completion: {
        id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/) as string,
        object: 'chat.completion',
        model: 'tiny',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'a red circle' }, finish_reason: 'stop' },
        ],
        usage: { total_tokens: 43 },
      },
    });
  });

  it.each([
    ['messages', { messages: [] }, 'invalid_value'],
    ['temperature', { temperature: 9 }, 'invalid_value'],
    ['tools', { tools: [{ type: 'function' }] }, 'unsupported_parameter'],
    ['stream', { stream: true }, 'unsupported_parameter'],
    ['nonsense', { nonsense: 1 }, 'unknown_parameter'],
  ])('refuses a bad %s as the API does, and runs nothing', async (param, changes, code) => {
    const { generate, answer } = setUp(() => Promise.resolve(result));
    expect(await answer(row(changes), { signal })).toEqual({
      kind: 'refused',
      status: 400,
      body: { error: { message: expect.any(String) as string, type: 'invalid_request_error', param, code } },
    });
    expect(generate).not.toHaveBeenCalled();
  });

  it('tries again what may pass', async () => {
    const { generate, answer } = setUp(() => Promise.resolve(result));
    generate.mockRejectedValueOnce(new EngineClosedError());
    expect(await settled(answer(row(), { signal }))).toMatchObject({ kind: 'answered' });
    expect(generate).toHaveBeenCalledTimes(2);
  });

  it('gives up after the last attempt, with the status of the failure', async () => {
    const { generate, answer } = setUp(() => Promise.reject(new EngineClosedError()));
    expect(await settled(answer(row(), { signal }))).toMatchObject({
      kind: 'refused',
      status: 500,
      body: { error: { type: 'server_error', code: 'engine_failed', param: null } },
    });
    expect(generate).toHaveBeenCalledTimes(3);
  });

  it('tells nothing of a failure that nobody foresaw', async () => {
    const { answer } = setUp(() => Promise.reject(new Error('password in /etc/secret')), 1);
    const refused = await settled(answer(row(), { signal }));
    expect(refused).toMatchObject({ status: 500, body: { error: { code: 'internal_error' } } });
    expect(JSON.stringify(refused)).not.toContain('secret');
  });

  it.each(['running', 'pausing'] as const)('rejects when it is aborted while %s', async (when) => {
    const controller = new AbortController();
    const abort = (): void => controller.abort(new Error('lost the chunk'));
    const { generate, answer } = setUp(() => {
      if (when === 'running') abort();
      return Promise.reject(new EngineClosedError());
    });
    const answering = answer(row(), { signal: controller.signal });
    const outcome = answering.catch((error: unknown) => error);
    if (when === 'pausing') {
      await vi.waitUntil(() => vi.getTimerCount() > 0);
      abort();
    }
    expect(await outcome).toEqual(new Error('lost the chunk'));
    expect(generate).toHaveBeenCalledTimes(1);
  });
});
