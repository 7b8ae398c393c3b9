import path from 'node:path';
import { Engine, type GenerationRequest, type GenerationResult } from '@tessera/engine';
import { decodeImage, probeImage } from '@tessera/media';
import { readFile } from 'node:fs/promises';
import { describeMachine, printTable } from '../measure.js';
import { withRandomModel } from '../model/bench-models.js';
import { MEDIUM_SHAPE } from '../model/bench-shapes.js';

/* What is saved on one image and five questions, asked one after the other, by features and prefixes that are kept. */

const PICTURE = path.join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'models',
  'tessera-tiny',
  'examples',
  '0001.jpg',
);
const QUESTIONS = ['What is it?', 'What color is it?', 'How many are there?', 'Where is it?', 'Is it large?'];
const MAX_TILES = 3;
const MAX_TOKENS = 16;
const LIMITS = { maxPixels: 100_000_000 };

async function ask(question: string): Promise<GenerationRequest> {
  const bytes = await readFile(PICTURE);
  const { width, height } = await probeImage(bytes, LIMITS);
  return {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', image: 0 },
          { type: 'text', text: question },
        ],
      },
    ],
    images: [
      { width, height, maxTiles: MAX_TILES, contentHash: PICTURE, decode: () => decodeImage(bytes, LIMITS) },
    ],
    maxTokens: MAX_TOKENS,
  };
}

async function measure(modelDirectory: string, reuse: boolean): Promise<GenerationResult[]> {
  const options = reuse ? {} : { prefixReuse: false, featureCacheBytes: 0 };
  const engine = await Engine.load({ modelDirectory, threads: 2, slotCount: 1, ...options });
  const results: GenerationResult[] = [];
  for (const question of QUESTIONS) results.push(await engine.generate(await ask(question)));
  await engine.close();
  return results;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const total = (results: readonly GenerationResult[], key: keyof GenerationResult['timings']): number =>
  results.reduce((sum, { timings }) => sum + timings[key], 0);

console.log(`${describeMachine()}\n`);
await withRandomModel(
  MEDIUM_SHAPE,
  async (modelDirectory) => {
    const rows: string[][] = [];
    for (const reuse of [false, true]) {
      const results = await measure(modelDirectory, reuse);
      const parts = ['preprocessMs', 'visionMs', 'prefillMs', 'decodeMs', 'totalMs'] as const;
      rows.push([
        reuse ? 'kept and used again' : 'computed each time',
        ...parts.map((part) => seconds(total(results, part))),
      ]);
    }
    console.log(
      `${MEDIUM_SHAPE.name}, int8, one picture of up to ${MAX_TILES} tiles, ${QUESTIONS.length} questions`,
    );
    printTable(['features and prefixes', 'tiling', 'vision', 'prefill', 'decoding', 'all'], rows);
  },
  { precision: 'int8' },
);
