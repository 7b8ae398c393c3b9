import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, median, medianOf, printTable, RUNS } from '../measure.js';
import { withRandomModel } from '../model/bench-models.js';
import { type BenchShape, MIDDLE_SHAPE, TINY_SHAPE } from '../model/bench-shapes.js';
import { type DecodeRun, measureDecode } from './decode-window.js';

/** Decode tokens a second by batch, and the share of a decode step that is spent outside ONNX Runtime. */
const { values: options } = parseArgs({
  options: { threads: { type: 'string', default: '2' }, tokens: { type: 'string', default: '48' } },
});
const BATCHES = [1, 4, 8, 16];

async function measureShape(shape: BenchShape): Promise<void> {
  await withRandomModel(shape, async (modelDirectory, directory) => {
    const rows: string[][] = [];
    for (const batch of BATCHES) {
      const run: DecodeRun = {
        modelDirectory,
        batch,
        threads: Number(options.threads),
        maxTokens: Number(options.tokens),
      };
      const tokensPerSecond = await medianOf(async () => (await measureDecode(run)).tokensPerSecond);
      const shares: number[] = [];
      for (let repeat = 0; repeat < RUNS; repeat++) {
        const profile = path.join(directory, 'profile');
        await mkdir(profile);
        shares.push((await measureDecode(run, profile)).outsideShare ?? NaN);
        await rm(profile, { recursive: true });
      }
      const stepMs = (1000 * batch) / tokensPerSecond;
      rows.push([
        String(batch),
        tokensPerSecond.toFixed(0),
        stepMs.toFixed(2),
        `${(100 * median(shares)).toFixed(1)} %`,
      ]);
    }
    console.log(`${shape.name}, fp32`);
    printTable(['batch', 'tokens/s', 'step ms', 'outside ONNX Runtime'], rows);
  });
}

console.log(
  `${describeMachine()}; ${options.threads} threads, ${options.tokens} tokens, medians of ${RUNS} runs\n`,
);
for (const shape of [TINY_SHAPE, MIDDLE_SHAPE]) await measureShape(shape);
