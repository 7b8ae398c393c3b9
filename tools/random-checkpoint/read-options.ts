import { parseArgs } from 'node:util';
import { type CheckpointShape, reduceShape, type Reduction } from './checkpoint-shape.js';
import { UnusableOptionError } from './errors.js';
import { findModel } from './find-model.js';

const DEFAULT_MODEL = 'mini-internvl-chat-4b-v1-5';

export const HELP = `Usage: npm run random-checkpoint -- --output DIR [options]

Writes a checkpoint in the layout of a released model (bf16 safetensors with index, config.json, tokenizer) whose
weights are random. It converts, loads and answers like the real one, with nonsense. The tokenizer is a small one:
most token ids have no text.

  -o, --output DIR     folder to write; it must not exist
  --model NAME         ${DEFAULT_MODEL} unless given; --list shows all
  --layers N           layers of the language model, instead of all
  --vision-layers N    layers of the vision encoder, instead of all
  --scale S            factor on widths, heads and vocabulary, above 0 and at most 1
  --seed N             the same seed gives the same bytes; 0 unless given
  --list               print the known models and their sizes
  --help               print this

Examples:
  npm run random-checkpoint -- -o /tmp/full-4b
  npm run random-checkpoint -- -o /tmp/half-4b --layers 16 --vision-layers 12
  npm run random-checkpoint -- -o /tmp/small-1b --model internvl2-1b --scale 0.1`;

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | {
      readonly kind: 'write';
      readonly output: string;
      readonly model: string;
      readonly shape: CheckpointShape;
      readonly seed: number;
    };

/** Reads the command line. Throws {@link UnusableOptionError} for a value that cannot be used. */
export function readOptions(args: readonly string[]): Command {
  const { values } = parseArguments(args);
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  if (values.output === undefined) throw new UnusableOptionError('--output', 'nothing', 'a folder to write');
  const shape = findModel(values.model);
  const reduction: Reduction = {
    ...(values.layers === undefined
      ? {}
      : { layers: readCount('--layers', values.layers, shape.language.layers) }),
    ...(values['vision-layers'] === undefined
      ? {}
      : { visionLayers: readCount('--vision-layers', values['vision-layers'], shape.vision.layers) }),
    ...(values.scale === undefined ? {} : { scale: readScale(values.scale) }),
  };
  return {
    kind: 'write',
    output: values.output,
    model: values.model,
    shape: reduceShape(shape, reduction),
    seed: readSeed(values.seed),
  };
}

function parseArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        output: { type: 'string', short: 'o' },
        model: { type: 'string', default: DEFAULT_MODEL },
        layers: { type: 'string' },
        'vision-layers': { type: 'string' },
        scale: { type: 'string' },
        seed: { type: 'string', default: '0' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new UnusableOptionError('the command line', args.join(' '), 'as --help says', { cause });
  }
}

function readCount(option: string, text: string, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new UnusableOptionError(option, text, `a whole number from 1 to ${most}`);
}

function readScale(text: string): number {
  const scale = Number(text);
  if (scale > 0 && scale <= 1) return scale;
  throw new UnusableOptionError('--scale', text, 'a number above 0 and at most 1');
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (text !== '' && Number.isSafeInteger(seed)) return seed;
  throw new UnusableOptionError('--seed', text, 'a whole number');
}
