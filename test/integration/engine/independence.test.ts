import { type Engine } from '@tessera/engine';
import { randomNumbers } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  convertTinyModel,
  difference,
  onDevice,
  type Question,
  readQuestions,
  record,
  type Recorded,
  type TinyModel,
} from './tiny-engine.js';

/** Design D3: logits of an answer alone and of the same answer among others, relative to the largest logit. */
const TOLERANCE = 1e-4;
const questions = readQuestions();

describe('an answer does not depend on its batch neighbours', () => {
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

  it('when many mixed requests arrive at random times', async () => {
    const random = randomNumbers(20);
    const pick = (): Question => questions[Math.floor(random() * questions.length)] as Question;
    const requests = await Promise.all(
      Array.from({ length: onDevice({ cpu: 40, webgpu: 5 }) }, async (_, index) => {
        const imageCount = index % 5 === 0 ? 2 + Math.floor(random() * 3) : index % 7 === 0 ? 0 : 1;
        const request = await ask(
          Array.from({ length: imageCount }, () => pick().picture),
          pick().question,
        );
        return {
          ...request,
          maxTokens: index % 3 === 0 ? 2 : onDevice({ cpu: 48, webgpu: 6 }),
          priority: index % 4 === 0 ? ('batch' as const) : ('interactive' as const),
          arrivalTurns: Math.floor(random() * 400),
        };
      }),
    );
    const isolated: Recorded[] = [];
    for (const request of requests) isolated.push(await record(engine, request));
    const together = await Promise.all(
      requests.map(async (request) => {
        for (let turn = 0; turn < request.arrivalTurns; turn++) await new Promise(setImmediate);
        return record(engine, request);
      }),
    );
    expect(together.map(({ tokenIds }) => tokenIds)).toEqual(isolated.map(({ tokenIds }) => tokenIds));
    const worst = Math.max(
      ...together.map(({ logits }, index) => difference(logits, isolated[index]?.logits ?? [])),
    );
    expect(worst).toBeLessThan(TOLERANCE);
  });

  it('when prompts of several prefill chunks are computed between the decode steps of others', async () => {
    const longPrompt = (words: number): string =>
      Array.from({ length: words }, (_, index) => `red ${index % 7}`).join(' ');
    const requests = await Promise.all(
      onDevice({ cpu: [200, 400, 600], webgpu: [8, 14, 20] }).map(async (words) => ({
        ...(await ask([], longPrompt(words))),
        maxTokens: onDevice({ cpu: 8, webgpu: 3 }),
      })),
    );
    expect(requests.map((request) => engine.plan(request).tokenIds.length)).toEqual(
      onDevice({ cpu: [612, 1212, 1812], webgpu: [36, 54, 72] }),
    );
    const isolated: Recorded[] = [];
    for (const request of requests) isolated.push(await record(engine, request));

    const neighbours = await Promise.all(
      questions.slice(0, onDevice({ cpu: 3, webgpu: 1 })).map((q) => ask([q.picture], q.question)),
    );
    let together: Promise<Recorded>[] = [];
    const onText = (): void => {
      if (together.length === 0) together = requests.map((request) => record(engine, request));
    };
    await Promise.all(neighbours.map((neighbour) => engine.generate({ ...neighbour, onText })));
    expect(together).toHaveLength(requests.length);
    for (const [index, { tokenIds, logits }] of (await Promise.all(together)).entries()) {
      expect(tokenIds).toEqual(isolated[index]?.tokenIds);
      expect(difference(logits, isolated[index]?.logits ?? [])).toBeLessThan(TOLERANCE);
    }
  });
});
