import { convertModel, type WeightOptions } from '@tessera/converter';
import { DeviceLacksFloat16Error, Engine } from '@tessera/engine';
import { temporaryDirectory } from '@tessera/testing';
import { describe, expect, it } from 'vitest';
import { ask, TINY_CHECKPOINT } from '../integration/engine/tiny-engine.js';

describe('the engine on a device without 16-bit floats', () => {
  it.each<{ weights: WeightOptions; remedy: RegExp }>([
    { weights: { precision: 'fp16' }, remedy: /activations are such.*--precision fp32, int8 or int4/ },
    { weights: { precision: 'int4' }, remedy: /embeddings are such.*--embeddings int8/ },
  ])(
    'refuses a model in $weights.precision before it is loaded, with the remedy',
    async ({ weights, remedy }) => {
      const directory = await temporaryDirectory('tessera-webgpu');
      await convertModel({ source: TINY_CHECKPOINT, output: directory.path, ...weights });
      const loading = Engine.load({ modelDirectory: directory.path, device: 'webgpu' });
      await expect(loading).rejects.toThrow(DeviceLacksFloat16Error);
      await expect(loading).rejects.toThrow(remedy);
      await directory.remove();
    },
  );

  it('answers with quantised weights and embeddings as the CPU does, and says where it runs', async () => {
    const directory = await temporaryDirectory('tessera-webgpu');
    await convertModel({
      source: TINY_CHECKPOINT,
      output: directory.path,
      precision: 'int8',
      embeddings: 'int8',
      // As this driver's kernel, which rounds no activations.
      accuracyLevel: 1,
    });
    const request = { ...(await ask([], 'What is it?')), maxTokens: 3 };
    const answers: (readonly number[])[] = [];
    for (const device of ['cpu', 'webgpu'] as const) {
      const engine = await Engine.load({ modelDirectory: directory.path, device, slotCount: 2 });
      expect(engine.model.device).toBe(device);
      answers.push((await engine.generate(request)).tokenIds);
      await engine.close();
    }
    expect(answers[1]).toEqual(answers[0]);
    await directory.remove();
  });
});
