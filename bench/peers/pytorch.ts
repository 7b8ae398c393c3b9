import path from 'node:path';
import { type Contestant } from './measurement.js';
import { runChild } from './run-child.js';

const SCRIPT = path.join(import.meta.dirname, '..', '..', '..', 'tools', 'bench-peers', 'measure_pytorch.py');

interface Tools {
  /** A Python with the packages of tools/bench-peers/README.md. */
  readonly python: string;
  /** `internvl_chat` of a checkout of the original code. */
  readonly internvl: string;
}

/** The original code in float32, and in the precision of the model card. */
export function listPyTorch(checkpoint: string, { python, internvl }: Tools): Contestant[] {
  return ['fp32', 'bf16'].map((dtype) => ({
    name: `PyTorch ${dtype}`,
    side: 'pytorch',
    measure: (work) => runChild(python, [SCRIPT, internvl, checkpoint, dtype, JSON.stringify(work)]),
  }));
}
