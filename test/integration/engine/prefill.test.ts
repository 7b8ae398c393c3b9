import path from 'node:path';
import { readManifest } from '@tessera/converter';
import { type Engine, type GenerationRequest } from '@tessera/engine';
import { OrtRuntime } from '@tessera/ort';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecoderRun } from '../../webgpu/decoder-run.js';
import {
  ask,
  convertTinyModel,
  difference,
  readQuestions,
  record,
  type Recorded,
  type TinyModel,
} from './tiny-engine.js';

const TOLERANCE = 1e-4;
const questions = readQuestions();
const longPrompt = Array.from({ length: 300 }, (_, index) => `red ${index % 7}`).join(' ');

/** Short and long prompts, with an image that is known to be the same and without one. */
async function mixedRequests(): Promise<GenerationRequest[]> {
  const shown = await Promise.all(
    questions.slice(0, 6).map(async ({ picture, question }, index) => {
      const request = await ask([picture], index === 5 ? `${question} ${longPrompt}` : question);
      return { ...request, images: request.images.map((image) => ({ ...image, contentHash: picture })) };
    }),
  );
  return [...shown, await ask([], longPrompt), await ask([], 'Hello, who are you?')].map((request) => ({
    ...request,
    maxTokens: 8,
  }));
}

describe('prompts in 8 bits, with a graph of their own', () => {
  let model: TinyModel;
  let requests: GenerationRequest[];
  let isolated: Recorded[];
  let forgetful: Engine;

  beforeAll(async () => {
    model = await convertTinyModel({ precision: 'int4', prefill: 'int8' });
    requests = await mixedRequests();
    forgetful = await model.load({ prefixReuse: false, featureCacheBytes: 0 });
    isolated = [];
    for (const request of requests) isolated.push(await record(forgetful, request));
  });
  afterAll(async () => {
    await forgetful.close();
    await model.remove();
  });

  it('are the same to the bit beside others, whose decode steps come between their chunks', async () => {
    const together = await Promise.all(requests.map((request) => record(forgetful, request)));
    for (const [index, { tokenIds, logits }] of together.entries()) {
      const alone = isolated[index] as Recorded;
      expect(tokenIds).toEqual(alone.tokenIds);
      expect(difference(logits.slice(0, 1), alone.logits.slice(0, 1))).toBe(0);
      expect(difference(logits, alone.logits)).toBeLessThan(TOLERANCE);
    }
  });

  it('are the same to the bit when their beginning is taken over', async () => {
    const reusing = await model.load();
    for (const [index, request] of requests.entries()) {
      await reusing.generate({ ...request, maxTokens: 1 });
      const { tokenIds, logits } = await record(reusing, request);
      expect(tokenIds).toEqual(isolated[index]?.tokenIds);
      expect(difference(logits, isolated[index]?.logits ?? [])).toBe(0);
      const { usage } = await reusing.generate(request);
      expect(usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(0);
    }
    await reusing.close();
  });

  it('come nearer to fp32 than those of the decoder in int4', async () => {
    const errorOf = async (other: TinyModel): Promise<number> => {
      const engine = await other.load();
      const ours = await Promise.all(requests.map((request) => record(engine, { ...request, maxTokens: 1 })));
      await engine.close();
      await other.remove();
      return Math.max(
        ...ours.map(({ logits }, index) => difference(logits, isolated[index]?.logits.slice(0, 1) ?? [])),
      );
    };
    const fromFp32 = await errorOf(await convertTinyModel());
    const fromInt4 = await errorOf(await convertTinyModel({ precision: 'int4' }));
    expect(fromFp32).toBeGreaterThan(0);
    expect(2 * fromFp32).toBeLessThan(fromInt4);
  });

  it('round each token on its own: it matters to none which run computes it', async () => {
    const runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false });
    const manifest = await readManifest(model.modelDirectory);
    const session = await runtime.createSession(path.join(model.modelDirectory, 'prefill.onnx'));
    const features = runtime.allocate('float32', [1, manifest.language_model.hidden_size]);
    const logitsOf = async (runs: readonly (readonly number[])[]): Promise<Float32Array> => {
      const decoder = await DecoderRun.open(runtime, session, { manifest, features });
      let start = 0;
      let logits = new Float32Array();
      for (const tokenIds of runs) {
        const step = await decoder.step([tokenIds], { starts: [start], imagePositions: [] });
        logits = Float32Array.from(step.logits);
        start += tokenIds.length;
      }
      decoder.dispose();
      return logits;
    };
    const tokens = Array.from({ length: 24 }, (_, index) => 5 + 29 * index);
    const whole = await logitsOf([tokens]);
    const inParts = await logitsOf([tokens.slice(0, 1), tokens.slice(1, 9), tokens.slice(9)]);
    runtime.dispose();
    expect(difference([inParts], [whole])).toBeLessThan(1e-3);
  });
});
