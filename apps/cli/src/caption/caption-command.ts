import { Command, Option } from 'commander';
import { addGenerationOptions, type GenerationOptions } from '../options/generation-options.js';
import { wholeNumber } from '../options/whole-number.js';

export interface CaptionOptions extends GenerationOptions {
  question: string;
  output: string;
  onExisting: 'skip' | 'overwrite';
  retryFailed?: true;
  failOnError?: true;
  /** Jobs in flight; with `url` only. */
  concurrency?: number;
}

const MAX_CONCURRENCY = 1024;

const HELP = `
FOLDER is searched with all folders below it, by name; hidden files are left out. Images are files named .jpg, .jpeg,
.png, .webp, .gif, .tif, .tiff, .avif, .heic or .heif.

OUT gets one line of JSON per image, in the order in which they finish. An image that cannot be captioned is a line
with status failed, error_code and error_message, and stops nothing. The same command again goes on where the last one
ended, however it ended: images that OUT has a row for, with the same prompt, model and revision, are skipped. Another
prompt asks all images again and adds its rows. Of several rows of one key the newest counts; --retry-failed asks again
about those whose newest row is failed.

Ctrl-C takes no more images and finishes those in flight; a second Ctrl-C gives those up as well. Exit status: 0 when
every image was captioned, skipped or is a failed row; 1 when the run could not go on, or, with --fail-on-error, when
an image failed; 2 for arguments that cannot be used; 130 after Ctrl-C.

Examples:
  tessera caption photos -q "Describe the image in detail." -o captions.jsonl
  tessera caption photos -q "Describe the image in detail." -o captions.jsonl --retry-failed
  tessera caption photos -q "Read the text." -o text.jsonl --max-tiles 12 --max-tokens 300
  tessera caption photos -q "Describe the image." -o captions.jsonl --url http://127.0.0.1:8080 --concurrency 64`;

/** `tessera caption`: one question about every image below a folder. */
export function captionCommand(): Command {
  const command = new Command('caption')
    .description('Ask one question about every image below a folder, into a file of JSON lines.')
    .argument('<folder>', 'where the images are')
    .requiredOption('-q, --question <text>', 'what to ask of every image')
    .requiredOption('-o, --output <out>', 'file that gets one line of JSON per image');
  return addGenerationOptions(command)
    .addOption(
      new Option('--on-existing <what>', 'what becomes of an OUT that is there')
        .choices(['skip', 'overwrite'])
        .default('skip', 'skip the images that it has rows for'),
    )
    .option('--retry-failed', 'ask again about images whose newest row is failed')
    .option('--fail-on-error', 'exit with status 1 when an image failed')
    .option(
      '--concurrency <n>',
      'jobs in flight, with --url (default: 16); in this process two images a slot are',
      wholeNumber(1, MAX_CONCURRENCY),
    )
    .addHelpText('after', HELP)
    .action(runAction);
}

async function runAction(folder: string, options: CaptionOptions, command: Command): Promise<void> {
  if (options.concurrency !== undefined && options.url === undefined) {
    command.error('error: --concurrency goes with --url; in this process TESSERA_SLOTS decides');
  }
  // Loaded when it is needed: the engine's libraries would make --help slow.
  const { runCaption } = await import('./run-caption.js');
  await runCaption(folder, options);
}
