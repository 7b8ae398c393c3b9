import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { writeRandomCheckpoint } from '../../tools/random-checkpoint/write-random-checkpoint.js';
import { describeMachine } from '../measure.js';
import { listLlama } from './llama/llama.js';
import { type Contestant, type Measurement, requireSameWork, type Work } from './measurement.js';
import { type PeerBenchOptions, readOptions } from './options.js';
import { DECODE_PROMPT_TOKENS, listOurs, PICTURE_TEXT_TOKENS } from './ours.js';
import { listPyTorch } from './pytorch.js';
import { type Entry, printReport, summarize } from './report.js';

/*
 * Our engine beside the original code in PyTorch and llama.cpp, turn by turn on the same cores: decode tokens a second by batch,
 * vision, prefill. A peer whose tool is not given is left out. bench/README.md says what is needed.
 */

const TILES = [1, 4];

function toWork({ shape, batches, steps, threads }: PeerBenchOptions): Work {
  const tokensPerTile = (shape.vision.tileSize / 28) ** 2;
  return {
    threads,
    decode: { batches, promptTokens: DECODE_PROMPT_TOKENS, steps },
    tiles: TILES,
    prefillTokens: PICTURE_TEXT_TOKENS + Math.max(...TILES) * tokensPerTile,
  };
}

async function listContestants(options: PeerBenchOptions, directory: string): Promise<Contestant[]> {
  const { shape, sides, pytorch, llamaDirectory } = options;
  const checkpoint = path.join(directory, 'checkpoint');
  await writeRandomCheckpoint({ output: checkpoint, shape });
  const contestants: Contestant[] = [];
  if (sides.includes('ours')) contestants.push(...(await listOurs(checkpoint, shape.vision, directory)));
  if (sides.includes('pytorch')) {
    if (pytorch === undefined)
      console.log('without PyTorch: --python FILE and --internvl DIR name its tools');
    else contestants.push(...listPyTorch(checkpoint, pytorch));
  }
  if (sides.includes('llama')) {
    if (llamaDirectory === undefined)
      console.log('without llama.cpp: --node-llama-cpp DIR names its package');
    else contestants.push(...(await listLlama(llamaDirectory, shape.language, directory)));
  }
  return contestants;
}

/** Every contestant in turn, as often as there are runs, so that what the machine does beside hits all of them. */
async function measureInTurns(
  contestants: readonly Contestant[],
  work: Work,
  runs: number,
): Promise<Entry[]> {
  const entries = contestants.map((contestant) => ({ contestant, turns: [] as Measurement[] }));
  for (let run = 0; run < runs; run++) {
    for (const { contestant, turns } of entries) {
      const measurement = await contestant.measure(work);
      requireSameWork(contestant.name, work, measurement);
      turns.push(measurement);
      const load = loadavg()[0]?.toFixed(1);
      console.error(
        `run ${run + 1} of ${runs}, load average ${load}: ${contestant.name}: ${summarize(measurement)}`,
      );
    }
  }
  return entries;
}

function printWork(work: Work, entries: readonly Entry[]): void {
  for (const { contestant, turns } of entries) {
    const [turn] = turns;
    if (turn === undefined) continue;
    const decode = turn.decode.map(
      ({ batch, steps, firstContext, lastContext }) =>
        `${batch} x ${steps} tokens at ${firstContext} to ${lastContext}`,
    );
    const vision = turn.vision.map(({ tiles, imageTokens }) => `tiles: ${tiles} to ${imageTokens} tokens`);
    const prefill = `prompt of ${turn.prefill.promptTokens} tokens`;
    console.log(`- ${contestant.name} (${turn.version}): ${[...decode, ...vision, prefill].join('; ')}`);
  }
  console.log('');
}

const options = readOptions();
const directory = await mkdtemp(path.join(tmpdir(), 'tessera-bench-'));
try {
  const work = toWork(options);
  console.log(`${describeMachine()}; ${work.threads} threads, medians of ${options.runs} runs`);
  console.log(`${options.shape.name}\n`);
  const contestants = await listContestants(options, directory);
  const entries = await measureInTurns(contestants, work, options.runs);
  printWork(work, entries);
  printReport(work, entries);
} finally {
  await rm(directory, { recursive: true });
}
