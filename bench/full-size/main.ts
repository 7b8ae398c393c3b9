import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type ModelManifest, readManifest } from '@tessera/converter';
import sharp from 'sharp';
import { type AnswerMeasurement } from '../conversion/answer-measurement.js';
import { MeasuredRunError, runMeasured } from '../conversion/run-measured.js';
import { describeMachine, printTable } from '../measure.js';

/**
 * Load time, memory, first token and decoding of a converted model of full size: one question about a picture of a few
 * tiles, asked by several at the same time, or about one picture of many tiles, alone. Each in a process of its own.
 * Linux only: memory is read from /proc.
 */
const HELP = `Usage: npm run bench:full-size -- --model DIR [options]

  --model DIR          a converted model; bench/README.md tells how to make one
  --batches LIST       how many ask at the same time; 1,4,8 unless given
  --tiles N            tiles of the picture, a thumbnail apart; 3 unless given
  --prompt-tokens N    length of each prompt, filled up with words; 1500 unless given, or with many tiles what they need
  --max-tokens N       steps in which all are decoded together; 32 unless given
  --threads N          threads of the engine; 2 unless given

Example, and one prompt of 40 tiles alone:
  npm run bench:full-size -- --model /tmp/full-4b-int8
  npm run bench:full-size -- --model /tmp/full-4b-int8 --batches 1 --tiles 40`;

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    batches: { type: 'string', default: '1,4,8' },
    tiles: { type: 'string', default: '3' },
    'prompt-tokens': { type: 'string', default: '1500' },
    'max-tokens': { type: 'string', default: '32' },
    threads: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
const GIB = 1024 ** 3;
/** Words around the image tokens, in tokens, at most. */
const TEXT_TOKENS = 256;
const PICTURE = path.join(import.meta.dirname, '..', '..', '..', 'test', 'golden', 'images', 'hd.png');

/** Sizes of the picture and its prompt. */
interface Question {
  readonly image: string;
  readonly maxTiles: number;
  readonly promptTokens: number;
  /** What a slot has to hold. */
  readonly positions: number;
}

async function measure(model: string, batch: number, question: Question): Promise<string[]> {
  const given = {
    model,
    image: question.image,
    'max-tiles': question.maxTiles,
    'prompt-tokens': question.promptTokens,
    positions: question.positions,
    batch,
    'max-tokens': options['max-tokens'],
    threads: options.threads,
  };
  const program = path.join(import.meta.dirname, '..', 'conversion', 'answer.js');
  try {
    const run = await runMeasured([
      program,
      ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ]);
    const answer = JSON.parse(run.stdout) as AnswerMeasurement;
    return [
      String(batch),
      `${answer.promptTokens} (${answer.tiles} tiles)`,
      answer.loadSeconds.toFixed(1),
      (run.peakAnonymousBytes / GIB).toFixed(2),
      (run.peakBytes / GIB).toFixed(2),
      answer.visionSeconds.toFixed(1),
      answer.firstTokenSeconds.toFixed(1),
      answer.lastFirstTokenSeconds.toFixed(1),
      answer.tokensPerSecond === null ? '-' : answer.tokensPerSecond.toFixed(2),
    ];
  } catch (error) {
    if (!(error instanceof MeasuredRunError)) throw error;
    return [String(batch), error.message];
  }
}

/** A picture that is cut into exactly this many tiles, as large as they are. */
async function writePicture(directory: string, tiles: number, tileSize: number): Promise<string> {
  const rows = Array.from({ length: tiles }, (_, index) => index + 1).filter(
    (count) => tiles % count === 0 && count * count <= tiles,
  );
  const height = rows.at(-1) ?? 1;
  const file = path.join(directory, 'picture.png');
  const size = { width: (tiles / height) * tileSize, height: height * tileSize, fit: 'fill' as const };
  await sharp(PICTURE).resize(size).png().toFile(file);
  return file;
}

async function makeQuestion(directory: string, { tiles }: ModelManifest): Promise<Question> {
  const maxTiles = Number(options.tiles);
  const imageTokens = (maxTiles + 1) * tiles.tokens_per_tile;
  const promptTokens = Math.max(Number(options['prompt-tokens']), imageTokens + TEXT_TOKENS);
  return {
    image: await writePicture(directory, maxTiles, tiles.size_pixels),
    maxTiles,
    promptTokens,
    // Those who begin first are decoded while the others are prefilled.
    positions: promptTokens + Number(options['max-tokens']) + TEXT_TOKENS,
  };
}

async function main(model: string): Promise<void> {
  const manifest = await readManifest(model);
  const directory = await mkdtemp(path.join(tmpdir(), 'tessera-bench-'));
  const load = (): string => `load average ${(loadavg()[0] ?? 0).toFixed(1)}`;
  console.log(
    `${describeMachine()}; ${manifest.id} in ${manifest.precision}, ${options.threads} threads; ${load()} before`,
  );
  try {
    const question = await makeQuestion(directory, manifest);
    const rows: string[][] = [];
    for (const batch of options.batches.split(',')) rows.push(await measure(model, Number(batch), question));
    console.log(`${load()} after\n`);
    printTable(
      [
        'batch',
        'prompt',
        'load s',
        'anonymous GiB',
        'peak GiB',
        'vision s',
        'first token s',
        'of the last s',
        'tokens/s',
      ],
      rows,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

if (options.help || options.model === undefined) console.log(HELP);
else await main(path.resolve(options.model));
