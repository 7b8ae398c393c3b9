import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Precision, PRECISIONS, PREFILL_FORMATS } from '@tessera/contracts';
import { type WeightOptions } from '@tessera/converter';
import { wholeNumber } from './whole-number.js';

const MIN_BLOCK_SIZE = 16;
const MAX_BLOCK_SIZE = 256;

/** Adds the options that choose a converted model's number formats: {@link WeightOptions} by their names. */
export function addWeightOptions(command: Command): Command {
  const part = (flags: string, description: string): Option =>
    new Option(flags, description).choices(PRECISIONS);
  return command
    .addOption(
      part('--precision <format>', 'number format of the weights').default('fp32' satisfies Precision),
    )
    .option(
      '--block-size <inputs>',
      'inputs that share a scale in int8 and int4: a power of two (default: 128 in int8, 32 in int4)',
      wholeNumber(MIN_BLOCK_SIZE, MAX_BLOCK_SIZE),
    )
    .option(
      '--accuracy-level <level>',
      'how a CPU multiplies int8 and int4: 4 with inputs in 8 bits, 1 in float32, 0 as ONNX Runtime likes (default: 4)',
      accuracyLevel,
    )
    .addOption(
      new Option(
        '--activations <format>',
        'numbers between operators; fp16 is for GPUs (default: fp16 for fp16, else fp32)',
      ).choices(['fp32', 'fp16']),
    )
    .addOption(part('--embeddings <format>', 'embedding table (default: fp16 for int8 and int4)'))
    .addOption(part('--lm-head <format>', 'output layer (default: int8 for int4)'))
    .addOption(
      new Option(
        '--vision <format>',
        'vision encoder and projector; dynamic: int8 with inputs in 8 bits, for CPUs (default: int8 for int4)',
      ).choices([...PRECISIONS, 'dynamic']),
    )
    .addOption(
      new Option(
        '--prefill <format>',
        'layers of the language model while they compute prompts; int8: in 8 bits, with a second copy of their weights, for CPUs (default: same)',
      ).choices(PREFILL_FORMATS),
    );
}

function accuracyLevel(text: string): NonNullable<WeightOptions['accuracyLevel']> {
  switch (text) {
    case '0':
      return 0;
    case '1':
      return 1;
    case '4':
      return 4;
    default:
      throw new InvalidArgumentError('It must be 0, 1 or 4.');
  }
}
