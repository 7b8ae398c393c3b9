import { truncate, stat } from 'node:fs/promises';
import path from 'node:path';
import { convertModel } from '@tessera/converter';
import {
  Engine,
  EngineClosedError,
  type EngineOptions,
  findViolations,
  type GenerationRequest,
  MemoryPlanError,
  ModelFileInvalidError,
} from '@tessera/engine';
import { DeviceUnavailableError, OrtError, type OrtRuntime } from '@tessera/ort';
import { type ImageTiler, Tiler } from '@tessera/preprocessing';
import { randomNumbers, temporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  convertTinyModel,
  onDevice,
  type Question,
  readQuestions,
  TINY_CHECKPOINT,
  type TinyModel,
} from './tiny-engine.js';

const questions = readQuestions();
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

describe('the engine under failures', () => {
  let model: TinyModel;
  let runtime: OrtRuntime;
  const violations: string[] = [];

  /** Lets a test count the engine's native objects: the tiler is the one part that is given the runtime. */
  const watched: Partial<EngineOptions> = {
    onStep: (snapshot) => violations.push(...findViolations(snapshot)),
    createTiler: (engineRuntime, tileSizePixels): ImageTiler => {
      runtime = engineRuntime;
      return new Tiler(tileSizePixels, 2);
    },
  };

  beforeAll(async () => {
    model = await convertTinyModel();
  });
  afterAll(() => model.remove());

  it('survives aborts at every stage under load: no leak, no broken rule, right answers for the others', async () => {
    const engine = await model.load({ ...watched, slotCount: 4 });
    const question = questions[0] as Question;
    const warmUp = await engine.generate(await ask([question.picture], question.question));
    expect(warmUp.text).toBe(question.reference);
    for (let width = 1; width <= 4; width++) {
      await Promise.all(
        Array.from({ length: width }, async () =>
          engine.generate({ ...(await ask([], 'Hello')), maxTokens: 2, onLogits: () => undefined }),
        ),
      );
    }
    const handlesBefore = runtime.liveHandleCount;
    const random = randomNumbers(5);
    const reason = new Error('no longer wanted');
    const outcomes = { answered: 0, aborted: 0 };
    await Promise.all(
      Array.from({ length: onDevice({ cpu: 240, webgpu: 10 }) }, async (_, index) => {
        const { picture, question: text, reference } = questions[index] as Question;
        const request = await ask([picture], text);
        const aborts = index % 4 !== 0;
        const controller = new AbortController();
        const abort = (): void => (aborts ? controller.abort(reason) : undefined);
        let tokensLeft = Math.floor(random() * 12);
        const hooks: Partial<GenerationRequest>[] = [
          { onText: () => (tokensLeft-- === 0 ? abort() : undefined) },
          { onLogits: () => (tokensLeft-- === 0 ? abort() : undefined) },
          {
            images: request.images.map((image) => ({ ...image, decode: () => (abort(), image.decode()) })),
          },
          {},
        ];
        const chosen = hooks[Math.floor(random() * hooks.length)];
        const waits = Math.floor(random() * onDevice({ cpu: 600, webgpu: 3000 }));
        const answer = engine.generate({ ...request, ...chosen, signal: controller.signal, maxTokens: 48 });
        if (Object.keys(chosen ?? {}).length === 0) void turns(waits).then(abort);
        await answer.then(
          ({ text: given }) => {
            expect(given).toBe(reference);
            outcomes.answered++;
          },
          (error: unknown) => {
            expect(error).toBe(reason);
            outcomes.aborted++;
          },
        );
      }),
    );
    expect(outcomes.answered).toBeGreaterThanOrEqual(onDevice({ cpu: 60, webgpu: 2 }));
    expect(outcomes.aborted).toBeGreaterThan(onDevice({ cpu: 100, webgpu: 2 }));
    expect(violations).toEqual([]);
    // An aborted call returns at once; its images may still be on their way through the tiler.
    await engine.generate(await ask([question.picture], question.question));
    await expect.poll(() => runtime.liveHandleCount).toBe(handlesBefore);
    await engine.close();
    await expect.poll(() => runtime.liveHandleCount).toBe(0);
  });

  it('fails what is under way when it is closed, at once and for good, and leaves nothing behind', async () => {
    for (const turnsBefore of onDevice({ cpu: [0, 1, 5, 20, 80, 200], webgpu: [0, 60] })) {
      const engine = await model.load(watched);
      const outcomes = questions
        .slice(0, onDevice({ cpu: 30, webgpu: 5 }))
        .map(async ({ picture, question }) =>
          engine.generate(await ask([picture], question)).then(
            () => 'answered',
            (error: unknown) => (error instanceof EngineClosedError ? 'closed' : error),
          ),
        );
      await turns(turnsBefore);
      const stuck = engine.generate({
        ...(await ask([], 'Hi')),
        messages: [{ role: 'user', content: [{ type: 'image', image: 0 }] }],
        images: [{ width: 10, height: 10, decode: () => new Promise(() => {}) }],
      });
      const stuckOutcome = expect(stuck).rejects.toThrow(EngineClosedError);
      await Promise.all([engine.close(), engine.close()]);
      await stuckOutcome;
      const settled = await Promise.all(outcomes);
      expect(settled.filter((outcome) => outcome !== 'answered' && outcome !== 'closed')).toEqual([]);
      await expect(engine.generate(await ask([], 'Hi'))).rejects.toThrow(EngineClosedError);
      await expect.poll(() => runtime.liveHandleCount).toBe(0);
    }
    expect(violations).toEqual([]);
  });

  it('fails only the request whose hook or image throws', async () => {
    const engine = await model.load(watched);
    const broken = new Error('client went away');
    const fault = (): never => {
      throw broken;
    };
    const outcomes = await Promise.all(
      questions
        .slice(0, onDevice({ cpu: 40, webgpu: 4 }))
        .map(async ({ picture, question, reference }, index) => {
          const request = await ask([picture], question);
          const faults: Partial<GenerationRequest>[] = [
            {},
            { onText: fault },
            { onLogits: fault },
            { images: request.images.map((image) => ({ ...image, decode: async () => fault() })) },
          ];
          return engine.generate({ ...request, ...faults[index % 4] }).then(
            ({ text }) => text === reference,
            (error: unknown) => error === broken,
          );
        }),
    );
    expect(outcomes).toEqual(outcomes.map(() => true));
    expect(violations).toEqual([]);
    await engine.close();
  });

  it('refuses a memory plan larger than the limit before it loads anything', async () => {
    const loading = Engine.load({ modelDirectory: model.modelDirectory, memoryLimitBytes: 50_000_000 });
    await expect(loading).rejects.toThrow(MemoryPlanError);
    await expect(loading).rejects.toMatchObject({
      plan: { featureCacheBytes: 2 ** 28 },
      limitBytes: 50_000_000,
    });
    await expect(loading).rejects.toThrow(
      /for the KV cache and 268435456 for image features; this process may use 50000000/,
    );
    const engine = await model.load({ slotCount: 2, cacheBudgetBytes: 2 ** 26 });
    const { classes, weightBytes, cacheBytes, featureCacheBytes, totalBytes } = engine.memoryPlan;
    expect(classes[0]).toEqual({ capacityTokens: 2048, slotCount: 2 });
    expect(cacheBytes).toBeLessThanOrEqual(2 ** 26);
    expect(totalBytes).toBe(weightBytes + cacheBytes + featureCacheBytes);
    await engine.close();
  });

  it('disposes what it had made when loading fails', async () => {
    const broken = await temporaryDirectory();
    const modelDirectory = path.join(broken.path, 'model');
    await convertModel({ source: TINY_CHECKPOINT, output: modelDirectory });
    const file = path.join(modelDirectory, 'decoder.onnx');
    const { size } = await stat(file);
    await truncate(file, size - 1);
    const load = (options: Partial<EngineOptions>): Promise<Engine> =>
      Engine.load({ modelDirectory, threads: 1, ...watched, ...options });
    await expect(Engine.load({ modelDirectory })).rejects.toThrow(ModelFileInvalidError);
    await truncate(file, size);
    let disposed = 0;
    const countingTiler = (_: OrtRuntime, tileSizePixels: number): ImageTiler => ({
      tileSizePixels,
      tile: () => Promise.resolve(new Uint8Array()),
      dispose: () => void disposed++,
    });
    await expect(
      load({ createTiler: (own, size) => ((runtime = own), countingTiler(own, size)) }),
    ).rejects.toThrow(OrtError);
    expect(disposed).toBe(1);
    expect(runtime.liveHandleCount).toBe(0);
    const elsewhere = load({ device: 'cuda', slotCount: 1 });
    await expect(elsewhere).rejects.toThrow(DeviceUnavailableError);
    await expect.poll(() => runtime.liveHandleCount).toBe(0);
    await broken.remove();
  });
});
