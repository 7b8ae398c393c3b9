// Runs as a process of its own: loads a converted model, asks one question, prints what it took as one line of JSON.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Engine, type GenerationImage } from '@tessera/engine';
import { decodeImage, probeImage } from '@tessera/media';
import { type AnswerMeasurement } from './answer-measurement.js';

const LIMITS = { maxPixels: 200_000_000 };
const QUESTION = 'What is in the picture?';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: '' },
    image: { type: 'string' },
    threads: { type: 'string', default: '2' },
    'max-tokens': { type: 'string', default: '32' },
    'max-tiles': { type: 'string' },
  },
});

async function loadImage(file: string): Promise<GenerationImage> {
  const bytes = await readFile(file);
  const { width, height } = await probeImage(bytes, LIMITS);
  const maxTiles = options['max-tiles'] === undefined ? {} : { maxTiles: Number(options['max-tiles']) };
  return { width, height, decode: () => decodeImage(bytes, LIMITS), ...maxTiles };
}

async function measureAnswer(): Promise<AnswerMeasurement> {
  const images = options.image === undefined ? [] : [await loadImage(options.image)];
  const startedAt = performance.now();
  const engine = await Engine.load({
    modelDirectory: options.model,
    threads: Number(options.threads),
    slotCount: 1,
  });
  const loadedAt = performance.now();
  const tokenTimes: number[] = [];
  const { usage, timings, tiles } = await engine.generate({
    messages: [
      {
        role: 'user',
        content: [
          ...images.map((_, image) => ({ type: 'image' as const, image })),
          { type: 'text', text: QUESTION },
        ],
      },
    ],
    images,
    maxTokens: Number(options['max-tokens']),
    onLogits: (logits) => {
      if (!logits.every(Number.isFinite)) throw new Error('a logit is not a finite number');
      tokenTimes.push(performance.now());
    },
  });
  await engine.close();
  const [first = NaN] = tokenTimes;
  const decodeSeconds = ((tokenTimes.at(-1) ?? NaN) - first) / 1000;
  return {
    loadSeconds: (loadedAt - startedAt) / 1000,
    tiles: tiles.reduce((sum, image) => sum + image.tiles, 0),
    promptTokens: usage.prompt_tokens,
    visionSeconds: timings.visionMs / 1000,
    firstTokenSeconds: (first - loadedAt) / 1000,
    tokensPerSecond: decodeSeconds > 0 ? (tokenTimes.length - 1) / decodeSeconds : null,
    tokens: usage.completion_tokens,
  };
}

console.log(JSON.stringify(await measureAnswer()));
