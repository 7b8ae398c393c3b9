import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type WeightOptions } from '@tessera/converter';
import { GOLDEN_FAMILIES } from '../../test/integration/engine/golden-cases.js';
import { describeMachine, median, printTable } from '../measure.js';
import { answersOf, firstLogitsOf } from './answers.js';

/*
 * What a precision costs in answers: first logits beside those of fp32 on the small models of every family, and the
 * evaluation questions that the small trained model answers as in fp32.
 */
type Variant = readonly [name: string, options: WeightOptions];
const PRECISIONS: readonly Variant[] = [
  ['fp16', { precision: 'fp16' }],
  ['int8', { precision: 'int8' }],
  ['int4', { precision: 'int4' }],
  ['int4, prefill int8', { precision: 'int4', prefill: 'int8' }],
];
const VARIANTS: readonly Variant[] = [
  ...PRECISIONS,
  ['int8, block 32', { precision: 'int8', blockSize: 32 }],
  ['int8, accuracy level 1', { precision: 'int8', accuracyLevel: 1 }],
  ['int8, dynamic vision', { precision: 'int8', vision: 'dynamic' }],
  ['int8, prefill int8', { precision: 'int8', prefill: 'int8' }],
  ['int8, dynamic vision, prefill int8', { precision: 'int8', vision: 'dynamic', prefill: 'int8' }],
  ['fp32, prefill int8', { precision: 'fp32', prefill: 'int8' }],
  ['int4, block 128', { precision: 'int4', blockSize: 128 }],
  ['int4, accuracy level 1', { precision: 'int4', accuracyLevel: 1 }],
  ['int4, all parts', { precision: 'int4', lmHead: 'int4', vision: 'int4', embeddings: 'int4' }],
];
const FP32: WeightOptions = { precision: 'fp32' };

interface LogitsError {
  readonly median: number;
  readonly worst: number;
  readonly sameToken: number;
}

/** Per prompt: root mean square of the difference, relative to that of the fp32 logits. */
function compareLogits(exact: readonly Float32Array[], ours: readonly Float32Array[]): LogitsError {
  const errors = exact.map((logits, index) => {
    const other = ours[index] as Float32Array;
    const difference = logits.map((value, id) => value - (other[id] as number));
    return rootMeanSquare(difference) / rootMeanSquare(logits);
  });
  const same = exact.filter((logits, index) => largest(logits) === largest(ours[index] as Float32Array));
  return { median: median(errors), worst: Math.max(...errors), sameToken: same.length / exact.length };
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function largest(logits: Float32Array): number {
  return logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

async function reportFamilies(directory: string): Promise<void> {
  const rows: string[][] = [];
  for (const family of GOLDEN_FAMILIES) {
    const exact = await firstLogitsOf(family, FP32, directory);
    for (const [name, options] of PRECISIONS) {
      const error = compareLogits(exact, await firstLogitsOf(family, options, directory));
      rows.push([family.name, name, percent(error.median), percent(error.worst), percent(error.sameToken)]);
    }
  }
  printTable(['model', 'weights', 'logits error, median', 'worst', 'same first token'], rows);
}

async function reportEvaluation(directory: string): Promise<void> {
  const exact = await answersOf(FP32, directory);
  const rows: string[][] = [];
  for (const [name, options] of VARIANTS) {
    const ours = await answersOf(options, directory);
    const same = exact.filter((answer, index) => answer === ours[index]).length;
    rows.push([name, `${same} of ${exact.length}`, percent(same / exact.length)]);
  }
  printTable(['tessera-tiny', 'questions answered as in fp32', 'share'], rows);
}

const directory = await mkdtemp(path.join(tmpdir(), 'tessera-quality-'));
try {
  console.log(`${describeMachine()}\n`);
  await reportFamilies(directory);
  await reportEvaluation(directory);
} finally {
  await rm(directory, { recursive: true });
}
