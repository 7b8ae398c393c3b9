import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeModel } from '@tessera/converter';
import { describeMachine, median, printTable } from '../measure.js';
import { type AnswerMeasurement } from './answer-measurement.js';
import { type MeasuredRun, MeasuredRunError, runMeasured } from './run-measured.js';

/**
 * Time and memory of converting a checkpoint, and of loading what comes out and asking it one question, each in a
 * process of its own. Linux only: memory is read from /proc.
 */
const HELP = `Usage: npm run bench:conversion -- --checkpoint DIR [options]

  --checkpoint DIR    a checkpoint; npm run random-checkpoint writes one
  --precision LIST    comma-separated; fp32 unless given
  --runs N            conversions of each; their medians are printed; 1 unless given
  --place DIR         where conversions go, one at a time, removed afterwards; the folder for temporary files unless given
  --image FILE        picture of the question; one of models/tessera-tiny unless given; "none" asks without one
  --max-tiles N       tiles of the picture; the model's own limit unless given
  --max-tokens N      length of the answer; 32 unless given
  --threads N         threads of the engine; 2 unless given

Example:
  npm run random-checkpoint -- -o /tmp/full-4b
  npm run bench:conversion -- --checkpoint /tmp/full-4b --precision fp32,int8,int4`;

const { values: options } = parseArgs({
  options: {
    checkpoint: { type: 'string' },
    precision: { type: 'string', default: 'fp32' },
    runs: { type: 'string', default: '1' },
    place: { type: 'string', default: tmpdir() },
    image: { type: 'string', default: path.join('models', 'tessera-tiny', 'examples', '0000.png') },
    'max-tiles': { type: 'string' },
    'max-tokens': { type: 'string', default: '32' },
    threads: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
const root = path.join(import.meta.dirname, '..', '..', '..');
const GIB = 1024 ** 3;
const toGib = (bytes: number): string => (bytes / GIB).toFixed(2);

interface Rows {
  readonly conversion: string[];
  readonly answer: string[];
}

/** Converts `--runs` times and asks the last result. */
async function measurePrecision(precision: string, checkpointBytes: number): Promise<Rows> {
  const place = await mkdtemp(path.join(options.place, 'tessera-bench-'));
  const output = path.join(place, 'model');
  try {
    const runs: MeasuredRun[] = [];
    while (runs.length < Number(options.runs)) {
      await rm(output, { recursive: true, force: true });
      runs.push(await convert(precision, output));
    }
    const conversion = toConversionRow(precision, runs, {
      checkpointBytes,
      outputBytes: await sizeOf(output),
    });
    return { conversion, answer: [precision, ...(await measureAnswer(output))] };
  } catch (error) {
    return { conversion: [precision, describeFailure(error)], answer: [precision, 'not converted'] };
  } finally {
    await rm(place, { recursive: true });
  }
}

function convert(precision: string, output: string): Promise<MeasuredRun> {
  const command = path.join(root, 'apps', 'cli', 'bin', 'tessera.mjs');
  const checkpoint = options.checkpoint as string;
  return runMeasured([command, 'model', 'convert', checkpoint, '-o', output, '--precision', precision]);
}

function toConversionRow(
  precision: string,
  runs: readonly MeasuredRun[],
  { checkpointBytes, outputBytes }: { checkpointBytes: number; outputBytes: number },
): string[] {
  const middle = (pick: (run: MeasuredRun) => number): number => median(runs.map(pick));
  const seconds = middle((run) => run.seconds);
  return [
    precision,
    seconds.toFixed(1),
    middle((run) => run.cpuSeconds).toFixed(1),
    (checkpointBytes / 1e6 / seconds).toFixed(0),
    toGib(middle((run) => run.peakBytes)),
    toGib(middle((run) => run.peakAnonymousBytes)),
    (outputBytes / 1e9).toFixed(2),
  ];
}

/** Cells of the row; one that says why where the model does not answer. */
async function measureAnswer(modelDirectory: string): Promise<string[]> {
  const program = path.join(import.meta.dirname, 'answer.js');
  const given = [
    '--model',
    modelDirectory,
    '--threads',
    options.threads,
    '--max-tokens',
    options['max-tokens'],
  ];
  if (options.image !== 'none') given.push('--image', path.resolve(root, options.image));
  if (options['max-tiles'] !== undefined) given.push('--max-tiles', options['max-tiles']);
  try {
    const run = await runMeasured([program, ...given]);
    const answer = JSON.parse(run.stdout) as AnswerMeasurement;
    return [
      answer.loadSeconds.toFixed(1),
      toGib(run.peakBytes),
      toGib(run.peakAnonymousBytes),
      `${answer.promptTokens} (${answer.tiles} tiles)`,
      answer.visionSeconds.toFixed(1),
      answer.firstTokenSeconds.toFixed(1),
      answer.tokensPerSecond === null ? '-' : answer.tokensPerSecond.toFixed(2),
      String(answer.tokens),
    ];
  } catch (error) {
    return [describeFailure(error)];
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof MeasuredRunError) return error.message;
  throw error;
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function main(checkpoint: string): Promise<void> {
  const { parameters } = await describeModel(checkpoint);
  const checkpointBytes = await sizeOf(checkpoint);
  const load = (): string => `load average ${(loadavg()[0] ?? 0).toFixed(1)}`;
  console.log(`${describeMachine()}; ${load()} before\n`);
  const rows: Rows[] = [];
  for (const precision of options.precision.split(',')) {
    rows.push(await measurePrecision(precision, checkpointBytes));
  }
  const size = `${parameters.toLocaleString('en-US')} parameters, ${(checkpointBytes / 1e9).toFixed(1)} GB`;
  console.log(`conversion of ${size}; medians of ${options.runs} runs; ${load()} after`);
  printTable(
    ['precision', 's', 'processor s', 'MB/s of checkpoint', 'peak GiB', 'anonymous GiB', 'output GB'],
    rows.map(({ conversion }) => conversion),
  );
  console.log(`one question, ${options.threads} threads, 1 slot`);
  printTable(
    [
      'precision',
      'load s',
      'peak GiB',
      'anonymous GiB',
      'prompt',
      'vision s',
      'first token s',
      'tokens/s',
      'tokens',
    ],
    rows.map(({ answer }) => answer),
  );
}

if (options.help || options.checkpoint === undefined) console.log(HELP);
else await main(options.checkpoint);
