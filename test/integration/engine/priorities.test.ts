import { type Engine, type GenerationRequest } from '@tessera/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, convertTinyModel, readQuestions, type TinyModel } from './tiny-engine.js';

const questions = readQuestions();

describe('among a full load of batch requests', () => {
  let model: TinyModel;
  let engine: Engine;

  beforeAll(async () => {
    model = await convertTinyModel();
    engine = await model.load({ slotCount: 2, featureCacheBytes: 0 });
  });
  afterAll(async () => {
    await engine.close();
    await model.remove();
  });

  it('an interactive request that comes last is answered before all but those that have begun', async () => {
    const requests = await Promise.all(questions.slice(0, 13).map((q) => ask([q.picture], q.question)));
    const [job, ...rows] = requests as [GenerationRequest, ...GenerationRequest[]];
    const finished: string[] = [];
    const run = async (name: string, request: GenerationRequest): Promise<void> => {
      await engine.generate(request);
      finished.push(name);
    };
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const batch = rows.map((request, row) =>
      run(`row ${row}`, { ...request, priority: 'batch', onText: () => begin() }),
    );
    await begun;
    await run('job', job);
    expect(finished.indexOf('job')).toBeLessThanOrEqual(2);
    await Promise.all(batch);
    expect(finished).toHaveLength(requests.length);
  });
});
