import { type WeightOptions } from '@tessera/converter';
import { Command } from 'commander';
import { addWeightOptions } from '../options/weight-options.js';
import { pullCommand } from './pull-command.js';

export interface ConvertCommandOptions extends WeightOptions {
  output: string;
  force?: true;
  id?: string;
}

export interface InspectCommandOptions {
  json?: true;
}

/** `tessera model`: what is done to model folders. */
export function modelCommand(): Command {
  return new Command('model')
    .description('Download or convert a checkpoint, or tell what a model folder is.')
    .addCommand(convertCommand())
    .addCommand(inspectCommand())
    .addCommand(pullCommand());
}

const CONVERT_HELP = `
DIR is a checkpoint as Hugging Face has it: config.json, safetensors, tokenizer. The converted model appears under OUT
when it is complete, not before. --force replaces a converted model; a folder that holds anything else is never
replaced. Commands given a checkpoint convert it by themselves on first use, as TESSERA_PRECISION and TESSERA_PREFILL
say: this command is for a place and for formats of your own choice.

int8 and int4 are the fast ones on a CPU and take a bit more than a quarter and about a sixth of fp32's memory. fp16 is
meant for GPUs: a CPU runs it, slowly.

--prefill int8 computes prompts about twice as fast as int8 and three times as fast as int4 on a CPU with VNNI
instructions. It takes memory and disk for a second copy of the language model's layers, a byte a weight.

Examples:
  tessera model convert Mini-InternVL-Chat-4B-V1-5 -o models/mini-internvl-4b --precision int4
  tessera model convert Mini-InternVL-Chat-4B-V1-5 -o models/mini-internvl-4b-fast --precision int8 --prefill int8
  tessera model convert InternVL2-1B -o models/internvl2-1b-int8 --precision int8 --lm-head fp32
  tessera model convert InternVL2-1B -o models/internvl2-1b-small --precision int4 --block-size 128 --vision int4`;

function convertCommand(): Command {
  return addWeightOptions(
    new Command('convert')
      .description('Convert a Hugging Face checkpoint to the ONNX model that Tessera runs.')
      .argument('<dir>', 'folder of the checkpoint')
      .requiredOption('-o, --output <out>', 'folder of the converted model'),
  )
    .option('--id <id>', 'id of the model, which requests name (default: the name of DIR)')
    .option('--force', 'replace a converted model that is there')
    .addHelpText('after', CONVERT_HELP)
    .action(async (directory: string, options: ConvertCommandOptions, command: Command) => {
      const { runConvert } = await import('./run-convert.js');
      await runConvert(directory, options, (message) => command.error(`error: ${message}`));
    });
}

const INSPECT_HELP = `
Examples:
  tessera model inspect models/tessera-tiny
  tessera model inspect models/mini-internvl-4b --json`;

function inspectCommand(): Command {
  return new Command('inspect')
    .description('Tell what a checkpoint or a converted model is.')
    .argument('<dir>', 'folder of the model')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', INSPECT_HELP)
    .action(async (directory: string, options: InspectCommandOptions) => {
      const { runInspect } = await import('./run-inspect.js');
      await runInspect(directory, options);
    });
}
