import { Command } from 'commander';

export interface ConvertCommandOptions {
  output: string;
  precision: string;
  force?: true;
}

export interface InspectCommandOptions {
  json?: true;
}

/** `tessera model`: what is done to model folders. */
export function modelCommand(): Command {
  return new Command('model')
    .description('Convert a checkpoint, or tell what a model folder is.')
    .addCommand(convertCommand())
    .addCommand(inspectCommand());
}

const CONVERT_HELP = `
DIR is a checkpoint as Hugging Face has it: config.json, safetensors, tokenizer. The converted model appears under OUT
when it is complete, not before. --force replaces a converted model; a folder that holds anything else is never
replaced. Commands given a checkpoint convert it by themselves on first use: this command chooses the place.

Example:
  tessera model convert Mini-InternVL-Chat-4B-V1-5 -o models/mini-internvl-4b`;

function convertCommand(): Command {
  return new Command('convert')
    .description('Convert a Hugging Face checkpoint to the ONNX model that Tessera runs.')
    .argument('<dir>', 'folder of the checkpoint')
    .requiredOption('-o, --output <out>', 'folder of the converted model')
    .option('--precision <precision>', 'number format of the weights', 'fp32')
    .option('--force', 'replace a converted model that is there')
    .addHelpText('after', CONVERT_HELP)
    .action(async (directory: string, options: ConvertCommandOptions) => {
      const { runConvert } = await import('./run-convert.js');
      await runConvert(directory, options);
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
