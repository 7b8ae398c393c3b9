import { type Engine } from '@tessera/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, convertTinyModel, type Question, readQuestions, type TinyModel } from './tiny-engine.js';

const questions = readQuestions();

describe('tessera-tiny', () => {
  let model: TinyModel;
  let engine: Engine;

  beforeAll(async () => {
    model = await convertTinyModel();
    engine = await model.load();
  });
  afterAll(async () => {
    await engine.close();
    await model.remove();
  });

  it('answers all 300 evaluation questions as the reference implementation does', async () => {
    const answers = await Promise.all(
      questions.map(async ({ picture, question }) =>
        engine.generate({ ...(await ask([picture], question)), maxTokens: 48 }),
      ),
    );
    const wrong = questions.flatMap(({ picture, question, reference }, index) =>
      answers[index]?.text === reference
        ? []
        : [{ picture, question, reference, ours: answers[index]?.text }],
    );
    expect(questions).toHaveLength(300);
    expect(wrong).toEqual([]);
    expect(answers.map(({ tiles }) => [tiles[0]?.columns, tiles[0]?.rows, tiles[0]?.tiles])).toEqual(
      questions.map(({ grid, tiles }) => [...grid, tiles]),
    );
  });

  it('stops a sequence whose signal aborts and leaves its neighbours alone', async () => {
    const [first, second] = questions as [Question, Question];
    const controller = new AbortController();
    const used: number[] = [];
    const request = await ask([first.picture], first.question);
    const cancelled = engine.generate({
      ...request,
      signal: controller.signal,
      onText: () => controller.abort(new Error('no longer wanted')),
      onUsage: (totalTokens) => used.push(totalTokens),
    });
    const neighbour = engine.generate(await ask([second.picture], second.question));
    await expect(cancelled).rejects.toThrow('no longer wanted');
    // Nothing of a text is shown before its first token.
    expect(used[0]).toBe(engine.plan(request).tokenIds.length + 1);
    expect((await neighbour).text).toBe(second.reference);
  });

  it('streams pieces that add up to the answer, and stops at max tokens', async () => {
    const [first] = questions as [Question];
    const pieces: string[] = [];
    const result = await engine.generate({
      ...(await ask([first.picture], first.question)),
      maxTokens: 3,
      onText: (delta) => pieces.push(delta),
    });
    expect(result.finishReason).toBe('length');
    expect(result.tokenIds).toHaveLength(3);
    expect(pieces.join('')).toBe(result.text);
    expect(first.reference.startsWith(result.text)).toBe(true);
  });

  it('refuses a prompt that does not fit the context before it decodes an image', async () => {
    const image = {
      width: 5000,
      height: 100,
      decode: () => Promise.reject(new Error('an image was decoded')),
    };
    const content = Array.from({ length: 60 }, (_, index) => ({ type: 'image' as const, image: index }));
    const request = { messages: [{ role: 'user' as const, content }], images: content.map(() => image) };
    await expect(engine.generate(request)).rejects.toMatchObject({
      code: 'context_length_exceeded',
      contextTokens: 4096,
    });
    await expect(
      engine.generate({ ...request, ...(await ask([], 'Hi')), maxTokens: 5000 }),
    ).rejects.toMatchObject({
      code: 'context_length_exceeded',
      completionTokens: 5000,
    });
  });
});
