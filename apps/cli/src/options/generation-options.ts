import { MAX_TILES_PER_IMAGE } from '@tessera/contracts';
import { type Command } from 'commander';
import { addSamplingOptions, type SamplingOptions } from './sampling-options.js';
import { addApiKeyOption } from './service-address.js';
import { serviceUrl } from './service-url.js';
import { wholeNumber } from './whole-number.js';

const MAX_COMPLETION_TOKENS = 131_072;

/** What `ask` and `caption` have in common: which model answers, and how. */
export interface GenerationOptions extends SamplingOptions {
  /** A checkpoint or converted model; with `url` the id of a model that the service serves. */
  model?: string;
  maxTokens?: number;
  maxTiles?: number;
  system?: string;
  /** A service that answers in place of this process. */
  url?: string;
  /** Sent to that service. */
  apiKey?: string;
}

/** Adds the options of {@link GenerationOptions}. */
export function addGenerationOptions(command: Command): Command {
  const answering = command
    .option(
      '--model <dir>',
      'a checkpoint or a converted model (default: TESSERA_MODEL, else the small model of the checkout); with --url the id of a served model',
    )
    .option(
      '--max-tokens <n>',
      'most tokens of an answer (default: 512, or what the context leaves)',
      wholeNumber(1, MAX_COMPLETION_TOKENS),
    )
    .option(
      '--max-tiles <n>',
      "most tiles an image is cut into, the thumbnail on top (default: the model's)",
      wholeNumber(1, MAX_TILES_PER_IMAGE),
    )
    .option('--system <text>', "a system message in place of the model's own");
  const addressed = addSamplingOptions(answering).option(
    '--url <url>',
    'ask a running service instead of loading a model here',
    serviceUrl,
  );
  return addApiKeyOption(addressed);
}
