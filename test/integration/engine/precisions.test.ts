import { convertModel, type WeightOptions } from '@tessera/converter';
import { Engine, type GenerationResult } from '@tessera/engine';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Question, readQuestions, TINY_CHECKPOINT } from './tiny-engine.js';

/** Design: int8 and int4 give the answers of fp32 to at least this share of the evaluation questions. */
const LEAST_SHARE = 0.98;
const VARIANTS: readonly (readonly [name: string, options: WeightOptions])[] = [
  ['fp16', { precision: 'fp16' }],
  ['int8', { precision: 'int8' }],
  ['int8 with a dynamic vision encoder', { precision: 'int8', vision: 'dynamic' }],
  ['int8 with prompts in 8 bits', { precision: 'int8', prefill: 'int8' }],
  ['int4', { precision: 'int4' }],
  ['int4 with prompts in 8 bits', { precision: 'int4', prefill: 'int8' }],
];
const questions = readQuestions();

describe.each(VARIANTS)('the small trained model in %s', (_, options) => {
  let directory: TemporaryDirectory;
  let engine: Engine;
  let answers: GenerationResult[];
  const answer = async ({ picture, question }: Question): Promise<GenerationResult> =>
    engine.generate({ ...(await ask([picture], question)), maxTokens: 48 });

  beforeAll(async () => {
    directory = await temporaryDirectory('tessera-precision');
    await convertModel({ source: TINY_CHECKPOINT, output: directory.path, ...options });
    engine = await Engine.load({ modelDirectory: directory.path, threads: 2, slotCount: 8 });
    answers = await Promise.all(questions.map(answer));
  });
  afterAll(async () => {
    await engine.close();
    await directory.remove();
  });

  it(`answers at least ${100 * LEAST_SHARE} % of the evaluation questions as the reference does in fp32`, () => {
    const same = questions.filter(({ reference }, index) => answers[index]?.text === reference);
    expect(same.length).toBeGreaterThanOrEqual(LEAST_SHARE * questions.length);
  });

  it('answers a question alone as beside others', async () => {
    for (const [index, question] of questions.slice(0, 12).entries()) {
      expect((await answer(question)).tokenIds).toEqual(answers[index]?.tokenIds);
    }
  });
});
