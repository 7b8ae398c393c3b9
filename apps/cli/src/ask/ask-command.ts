import { Command } from 'commander';
import { addGenerationOptions, type GenerationOptions } from '../options/generation-options.js';

export interface AskOptions extends GenerationOptions {
  question: string;
  json?: true;
}

const HELP = `
An IMAGE is a path, an http or https URL, or - for standard input. Several images are shown in the given order, as
Image-1, Image-2 and so on. The answer is written to standard output while it is made.

--json prints one line instead: text, token_ids (the stop token left out), finish_reason, usage, tiles (one entry per
image), timings (milliseconds per stage; loading the model is not in them), model. With --url there are no token_ids:
a service does not report them. There an image's URL is fetched by the service, under its rules for addresses.

Examples:
  tessera ask photo.jpg -q "What is in the picture?"
  tessera ask before.png after.png -q "What has changed?" --max-tokens 200
  curl -s https://example.com/cat.jpg | tessera ask - -q "Describe the image." --json
  tessera ask photo.jpg -q "Tell a story about it." --temperature 0.8 --top-p 0.95 --seed 7
  tessera ask photo.jpg -q "How many people are there?" --url http://127.0.0.1:8080`;

/** `tessera ask`: one question about one or several images. */
export function askCommand(): Command {
  const command = new Command('ask')
    .description('Ask a question about one or several images.')
    .argument('<image...>', 'path, http(s) URL, or - for standard input')
    .requiredOption('-q, --question <text>', 'what to ask');
  return addGenerationOptions(command)
    .option('--json', 'print one line of JSON instead of the text')
    .addHelpText('after', HELP)
    .action(async (images: string[], options: AskOptions) => {
      // Loaded when it is needed: the engine's libraries would make --help slow.
      const { runAsk } = await import('./run-ask.js');
      await runAsk(images, options);
    });
}
