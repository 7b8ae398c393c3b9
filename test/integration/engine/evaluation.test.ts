import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PromptMessage } from '@tessera/contracts';
import { convertModel } from '@tessera/converter';
import { Engine, type GenerationRequest } from '@tessera/engine';
import { findRepositoryRoot } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPicture } from './golden-cases.js';

interface Question {
  picture: string;
  question: string;
  reference: string;
  grid: [number, number];
  tiles: number;
}

const root = findRepositoryRoot();
const evaluation = path.join(root, 'test', 'golden', 'evaluation');
const questions = readFileSync(path.join(evaluation, 'questions.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Question);

const picturePath = (name: string): string => path.join(evaluation, 'pictures', name);

async function ask(names: readonly string[], question: string): Promise<GenerationRequest> {
  const images = await Promise.all(names.map((name) => loadPicture(picturePath(name))));
  const shown = images.map((_, image) => ({ type: 'image' as const, image }));
  const messages: PromptMessage[] = [{ role: 'user', content: [...shown, { type: 'text', text: question }] }];
  return { messages, images };
}

/** A small generator with a fixed seed (mulberry32), so that arrival times and sizes are the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('tessera-tiny', () => {
  let directory: string;
  let engine: Engine;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tessera-evaluation-'));
    const modelDirectory = path.join(directory, 'model');
    await convertModel({ source: path.join(root, 'models', 'tessera-tiny'), output: modelDirectory });
    engine = await Engine.load({ modelDirectory, threads: 2, slotCount: 8 });
  });
  afterAll(async () => {
    await engine.close();
    await rm(directory, { recursive: true });
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

  it('gives 40 mixed requests that arrive at random times the answers that each gets alone', async () => {
    const random = randomNumbers(20);
    const pick = (): Question => questions[Math.floor(random() * questions.length)] as Question;
    const requests = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const imageCount = index % 5 === 0 ? 2 + Math.floor(random() * 3) : index % 7 === 0 ? 0 : 1;
        const request = await ask(
          Array.from({ length: imageCount }, () => pick().picture),
          pick().question,
        );
        return { ...request, maxTokens: index % 3 === 0 ? 2 : 48, arrivalTurns: Math.floor(random() * 400) };
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
    expect(worst).toBeLessThan(1e-4);
  });

  it('stops a sequence whose signal aborts and leaves its neighbours alone', async () => {
    const [first, second] = questions as [Question, Question];
    const controller = new AbortController();
    const cancelled = engine.generate({
      ...(await ask([first.picture], first.question)),
      signal: controller.signal,
      onText: () => controller.abort(new Error('no longer wanted')),
    });
    const neighbour = engine.generate(await ask([second.picture], second.question));
    await expect(cancelled).rejects.toThrow('no longer wanted');
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
    expect(pieces.join('').trim()).toBe(result.text);
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

interface Recorded {
  tokenIds: readonly number[];
  logits: Float32Array[];
}

async function record(engine: Engine, request: GenerationRequest): Promise<Recorded> {
  const logits: Float32Array[] = [];
  const { tokenIds } = await engine.generate({
    ...request,
    onLogits: (values) => logits.push(values.slice()),
  });
  return { tokenIds, logits };
}

/** Largest difference of two runs' logits, relative to the largest logit. */
function difference(ours: readonly Float32Array[], theirs: readonly Float32Array[]): number {
  let worst = 0;
  let largest = 0;
  for (const [step, values] of ours.entries()) {
    for (const [id, value] of values.entries()) {
      worst = Math.max(worst, Math.abs(value - (theirs[step]?.[id] ?? NaN)));
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return worst / largest;
}
