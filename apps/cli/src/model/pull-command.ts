import { Command } from 'commander';

export interface PullCommandOptions {
  output?: string;
  revision: string;
  token?: string;
  force?: true;
}

const HELP = `
MODEL is OWNER/NAME, as in the address of its page on the hub. What a checkpoint needs is downloaded: configuration,
tokenizer, safetensors, licence. Every file is checked against the hub's checksum. The same command again continues
after an interruption and downloads nothing that is there and right.

HF_ENDPOINT names another hub, HF_TOKEN gives access to private and gated models, HTTPS_PROXY and NO_PROXY are honoured.

Examples:
  tessera model pull OpenGVLab/Mini-InternVL-Chat-4B-V1-5
  tessera model pull OpenGVLab/Mini-InternVL-Chat-2B-V1-5 -o checkpoints/2b --revision main
  HF_TOKEN=hf_... tessera model pull my-team/private-model`;

/** `tessera model pull`: a checkpoint from a hub. */
export function pullCommand(): Command {
  return new Command('pull')
    .description('Download a checkpoint from Hugging Face or a mirror.')
    .argument('<model>', 'OWNER/NAME of the model')
    .option(
      '-o, --output <dir>',
      'folder of the checkpoint (default: checkpoints/OWNER/NAME of the data folder)',
    )
    .option('--revision <revision>', 'branch, tag or commit', 'main')
    .option('--token <token>', 'access token; other users can see it, HF_TOKEN they cannot')
    .option('--force', 'overwrite files in the folder that did not come from this model')
    .addHelpText('after', HELP)
    .action(async (model: string, options: PullCommandOptions) => {
      const { runPull } = await import('./run-pull.js');
      await runPull(model, options);
    });
}
