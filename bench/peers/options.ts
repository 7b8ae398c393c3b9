import { parseArgs } from 'node:util';
import { type BenchShape, MEDIUM_SHAPE, MIDDLE_SHAPE, TINY_SHAPE } from '../model/bench-shapes.js';
import { type Side, SIDES } from './measurement.js';

const SHAPES: Readonly<Record<string, BenchShape>> = {
  tiny: TINY_SHAPE,
  middle: MIDDLE_SHAPE,
  medium: MEDIUM_SHAPE,
};

export interface PeerBenchOptions {
  readonly shape: BenchShape;
  readonly batches: readonly number[];
  readonly runs: number;
  readonly steps: number;
  readonly threads: number;
  readonly sides: readonly Side[];
  /** The PyTorch peer's tools; undefined leaves it out. */
  readonly pytorch: { readonly python: string; readonly internvl: string } | undefined;
  /** Folder of an installed node-llama-cpp; undefined leaves llama.cpp out. */
  readonly llamaDirectory: string | undefined;
}

/** Reads the command's options. Throws when one cannot be used. */
export function readOptions(): PeerBenchOptions {
  const { values } = parseArgs({
    options: {
      shape: { type: 'string', default: 'medium' },
      batches: { type: 'string', default: '1,8,16' },
      runs: { type: 'string', default: '3' },
      tokens: { type: 'string', default: '32' },
      threads: { type: 'string', default: '2' },
      only: { type: 'string' },
      python: { type: 'string' },
      internvl: { type: 'string' },
      'node-llama-cpp': { type: 'string' },
    },
  });
  const { python, internvl } = values;
  return {
    shape: toShape(values.shape),
    batches: values.batches.split(',').map((text) => toCount('--batches', text)),
    runs: toCount('--runs', values.runs),
    steps: toCount('--tokens', values.tokens),
    threads: toCount('--threads', values.threads),
    sides: toSides(values.only),
    pytorch: python === undefined || internvl === undefined ? undefined : { python, internvl },
    llamaDirectory: values['node-llama-cpp'],
  };
}

function toShape(name: string): BenchShape {
  const shape = SHAPES[name];
  if (shape === undefined)
    throw new Error(`--shape is one of ${Object.keys(SHAPES).join(', ')}, given ${name}`);
  return shape;
}

function toCount(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`${option} takes whole numbers from 1, given ${text}`);
  return count;
}

function toSides(only: string | undefined): readonly Side[] {
  if (only === undefined) return SIDES;
  return only.split(',').map((name) => {
    const side = SIDES.find((each) => each === name);
    if (side === undefined) throw new Error(`--only takes ${SIDES.join(', ')}, given ${name}`);
    return side;
  });
}
