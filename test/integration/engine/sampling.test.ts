import {
  type Engine,
  GenerationParameterError,
  type GenerationRequest,
  type TokenLogprob,
} from '@tessera/engine';
import { loadTokenizer, type Tokenizer } from '@tessera/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, convertTinyModel, type Question, readQuestions, type TinyModel } from './tiny-engine.js';

const questions = readQuestions();
const [question] = questions as [Question];
/** The model is sure of its answers, but at this temperature not of those to a question that it has never seen. */
const HOT = { temperature: 2 };
const UNUSUAL = { ...question, question: 'zq' };

describe('sampling', () => {
  let model: TinyModel;
  let engine: Engine;
  let tokenizer: Tokenizer;

  beforeAll(async () => {
    model = await convertTinyModel();
    engine = await model.load();
    tokenizer = await loadTokenizer(model.modelDirectory);
  });
  afterAll(async () => {
    await engine.close();
    await model.remove();
  });

  const request = async (fields: Partial<GenerationRequest>, { picture, question: text } = question) => ({
    ...(await ask([picture], text)),
    maxTokens: 24,
    ...fields,
  });
  const textOf = async (fields: Partial<GenerationRequest>, about?: Question): Promise<string> =>
    (await engine.generate(await request(fields, about))).text;
  const decodedBytes = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString();

  it('gives the same text for the same seed, alone and beside 8 others', async () => {
    const seeds = Array.from({ length: 9 }, (_, index) => 40 + index);
    const asked = seeds.map((seed) => ({ sampling: { ...HOT, topP: 0.98, seed } }));
    const about = (index: number): Question => ({ ...UNUSUAL, picture: questions[index]?.picture ?? '' });
    const alone: string[] = [];
    for (const [index, fields] of asked.entries()) alone.push(await textOf(fields, about(index)));
    const together = await Promise.all(asked.map((fields, index) => textOf(fields, about(index))));
    expect(together).toEqual(alone);
    expect(new Set(alone).size).toBe(9);
  });

  it('gives another text for another seed, and without one each time', async () => {
    const texts = new Set<string>();
    for (let seed = 0; seed < 6; seed++) texts.add(await textOf({ sampling: { ...HOT, seed } }, UNUSUAL));
    expect(texts.size).toBeGreaterThan(3);
    const unseeded = await Promise.all(Array.from({ length: 6 }, () => textOf({ sampling: HOT }, UNUSUAL)));
    expect(new Set(unseeded).size).toBeGreaterThan(3);
  });

  it('is greedy at temperature 0 and where only the most likely token is left', async () => {
    for (const sampling of [
      { temperature: 0 },
      { ...HOT, topK: 1 },
      { ...HOT, topP: 0 },
      { ...HOT, minP: 1 },
    ]) {
      expect(await textOf({ sampling })).toBe(question.reference);
    }
  });

  it('takes penalties off the logits of tokens that the answer has', async () => {
    const steps: Float32Array[] = [];
    const sampling = { presencePenalty: 1.5, frequencyPenalty: 0.5 };
    const onLogits = (logits: Float32Array): void => void steps.push(logits.slice());
    const { tokenIds } = await engine.generate(await request({ sampling, onLogits }));
    for (const [step, chosen] of tokenIds.entries()) {
      const logits = steps[step] as Float32Array;
      for (const id of tokenIds.slice(0, step)) logits[id]! -= 0.5;
      for (const id of new Set(tokenIds.slice(0, step))) logits[id]! -= 1.5;
      expect(logits[chosen]).toBe(Math.max(...logits));
    }
    expect(tokenIds.length).toBeGreaterThan(3);
  });

  it('answers n times as n requests whose seeds follow each other do', async () => {
    const pieces = ['', '', ''];
    const streamed: TokenLogprob[][] = [[], [], []];
    const onText: GenerationRequest['onText'] = (delta, choice, logprobs = []) => {
      pieces[choice] += delta;
      streamed[choice]?.push(...logprobs);
    };
    let used = 0;
    const onUsage = (totalTokens: number): void => {
      used = totalTokens;
    };
    const result = await engine.generate(
      await request({ sampling: { ...HOT, seed: 70 }, n: 3, onText, onUsage, logprobs: { top: 1 } }, UNUSUAL),
    );
    const single = [];
    for (const seed of [70, 71, 72]) {
      single.push(
        await engine.generate(await request({ sampling: { ...HOT, seed }, logprobs: { top: 1 } }, UNUSUAL)),
      );
    }
    expect(result.choices.map(({ text }) => text)).toEqual(single.map(({ text }) => text));
    expect(result.choices.map(({ tokenIds }) => tokenIds)).toEqual(single.map(({ tokenIds }) => tokenIds));
    expect(new Set(result.choices.map(({ text }) => text)).size).toBe(3);
    expect(pieces).toEqual(result.choices.map(({ text }) => text));
    // Tokens of space at the end come with the result only.
    expect(streamed).toEqual(
      result.choices.map(({ logprobs = [] }, choice) => logprobs.slice(0, streamed[choice]?.length)),
    );
    expect(streamed.every((tokens) => tokens.length > 0)).toBe(true);
    expect(result.choices[0]).toMatchObject({ text: result.text, logprobs: result.logprobs });
    const [first] = single as [(typeof single)[number]];
    expect(result.usage.prompt_tokens).toBe(first.usage.prompt_tokens);
    const completion = result.choices.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
    expect(result.usage.completion_tokens).toBe(completion);
    expect(result.usage.total_tokens).toBe(completion + result.usage.prompt_tokens);
    expect(used).toBe(result.usage.total_tokens);
  });

  it('ends all choices when the hook of one throws or the request aborts', async () => {
    const broken = new Error('client went away');
    let begun = 0;
    const onText = (_: string, choice: number): void => {
      if (choice === 1 && begun++ > 1) throw broken;
    };
    await expect(engine.generate(await request({ n: 3, onText }))).rejects.toBe(broken);
    const controller = new AbortController();
    const aborting = engine.generate(
      await request({ n: 3, signal: controller.signal, onText: () => controller.abort(broken) }),
    );
    await expect(aborting).rejects.toBe(broken);
    expect(await textOf({})).toBe(question.reference);
  });

  it('reports log probabilities by the logits of the model, whatever the sampling', async () => {
    const steps: Float32Array[] = [];
    const result = await engine.generate(
      await request(
        {
          sampling: { ...HOT, topK: 40, repetitionPenalty: 1.3, seed: 5 },
          logprobs: { top: 3 },
          onLogits: (logits) => steps.push(logits.slice()),
        },
        UNUSUAL,
      ),
    );
    expect(result.logprobs?.map(({ tokenId }) => tokenId)).toEqual(result.tokenIds);
    for (const [step, { tokenId, logprob, top }] of (result.logprobs ?? []).entries()) {
      const logits = steps[step] as Float32Array;
      const logTotal = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
      expect(logprob).toBeCloseTo((logits[tokenId] as number) - logTotal, 5);
      const ranked = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
      expect(top.map((each) => each.tokenId)).toEqual(ranked.slice(0, 3));
      for (const each of top) expect(each.logprob).toBeCloseTo((logits[each.tokenId] ?? 0) - logTotal, 5);
      for (const each of top) expect(each.bytes).toEqual(tokenizer.tokenBytes(each.tokenId));
    }
    expect('logprobs' in (await engine.generate(await request({})))).toBe(false);
  });

  it('gives tokens the bytes that the answer has', async () => {
    const result = await engine.generate(await request({ logprobs: { top: 0 } }));
    expect(decodedBytes((result.logprobs ?? []).map(({ bytes }) => bytes)).trim()).toBe(question.reference);
    expect(result.logprobs?.every(({ top }) => top.length === 0)).toBe(true);
  });

  it('cuts an answer at a stop string, which is never shown in part', async () => {
    const { reference } = question;
    expect(reference.length).toBeGreaterThan(10);
    for (let start = 1; start + 3 <= reference.length; start += 2) {
      const stop = reference.slice(start, start + 3);
      const before = reference.slice(0, reference.indexOf(stop));
      let shown = '';
      const onText = (delta: string): void => {
        shown += delta;
        expect(before.startsWith(shown.trimStart())).toBe(true);
      };
      const result = await engine.generate(await request({ stop: ['never', stop], onText }));
      expect([result.text, result.finishReason]).toEqual([before.trim(), 'stop']);
      expect(shown).toBe(result.text);
    }
  });

  it('stops computing where a stop string ends the answer', async () => {
    const whole = await engine.generate(await request({}));
    const cut = await engine.generate(await request({ stop: [question.reference.slice(3, 6)] }));
    expect(cut.tokenIds.length).toBeLessThan(whole.tokenIds.length);
    expect(whole.tokenIds.slice(0, cut.tokenIds.length)).toEqual(cut.tokenIds);
  });

  it('streams whole characters only, of whatever tokens', async () => {
    const pieces: string[] = [];
    const result = await engine.generate(
      await request(
        {
          sampling: { temperature: 2, seed: 11, frequencyPenalty: 2 },
          stop: ['\u{1f9ea}'],
          maxTokens: 200,
          onText: (delta) => pieces.push(delta),
        },
        UNUSUAL,
      ),
    );
    expect(pieces.join('')).toBe(result.text);
    expect(pieces.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
  });

  it('refuses what is out of range before it decodes an image', async () => {
    const images = [{ width: 10, height: 10, decode: () => Promise.reject(new Error('decoded')) }];
    for (const fields of [
      { sampling: { temperature: 2.5 } },
      { stop: [''] },
      { n: 0 },
      { logprobs: { top: 21 } },
    ]) {
      const refused = await request({ ...fields, images });
      await expect(engine.generate(refused)).rejects.toThrow(GenerationParameterError);
      expect(() => engine.plan(refused)).toThrow(GenerationParameterError);
    }
  });
});
