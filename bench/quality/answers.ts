import { rm } from 'node:fs/promises';
import path from 'node:path';
import { convertModel, type WeightOptions } from '@tessera/converter';
import { Engine } from '@tessera/engine';
import { apiMessages, caseImages, type GoldenFamily } from '../../test/integration/engine/golden-cases.js';
import { ask, readQuestions, TINY_CHECKPOINT } from '../../test/integration/engine/tiny-engine.js';

/** Logits of the first new token, for every golden prompt of a family. */
export function firstLogitsOf(
  family: GoldenFamily,
  options: WeightOptions,
  directory: string,
): Promise<Float32Array[]> {
  return withConverted(family.checkpoint, options, directory, (engine) =>
    Promise.all(
      family.cases.map(async (goldenCase) => {
        const logits: Float32Array[] = [];
        await engine.generate({
          messages: apiMessages(goldenCase),
          images: await caseImages(family, goldenCase),
          maxTokens: 1,
          onLogits: (values) => logits.push(values.slice()),
        });
        return logits[0] as Float32Array;
      }),
    ),
  );
}

/** Answers of the small trained model to the evaluation questions. */
export function answersOf(options: WeightOptions, directory: string): Promise<string[]> {
  return withConverted(TINY_CHECKPOINT, options, directory, (engine) =>
    Promise.all(
      readQuestions().map(async ({ picture, question }) => {
        const { text } = await engine.generate({ ...(await ask([picture], question)), maxTokens: 48 });
        return text;
      }),
    ),
  );
}

async function withConverted<T>(
  source: string,
  options: WeightOptions,
  directory: string,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const modelDirectory = path.join(directory, 'model');
  await convertModel({ source, output: modelDirectory, ...options });
  const engine = await Engine.load({ modelDirectory, threads: 2, slotCount: 8 });
  try {
    return await use(engine);
  } finally {
    await engine.close();
    await rm(modelDirectory, { recursive: true });
  }
}
