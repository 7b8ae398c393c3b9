import { type GenerationRequest } from '@tessera/engine';
import { type Command, InvalidArgumentError } from 'commander';
import { decimalNumber } from './decimal-number.js';
import { wholeNumber } from './whole-number.js';

const MAX_TOP_K = 1_000_000;
const MAX_STOP_STRINGS = 4;
const MAX_STOP_STRING_LENGTH = 1000;

/** How the tokens of an answer are chosen and what ends it, with a model in this process. */
export interface SamplingOptions {
  temperature?: number;
  topP?: number;
  topK?: number;
  seed?: number;
  stop?: string[];
}

/** Adds the options of {@link SamplingOptions}, and refuses those that would have no effect. */
export function addSamplingOptions(command: Command): Command {
  return command
    .option(
      '--temperature <t>',
      'draw each token with the probability that the model gives it, the flatter the higher; 0 takes the most likely one (default: 0)',
      decimalNumber(0, 2),
    )
    .option(
      '--top-p <p>',
      'draw from the most likely tokens with this probability together',
      decimalNumber(0, 1),
    )
    .option('--top-k <n>', 'draw from this many most likely tokens', wholeNumber(1, MAX_TOP_K))
    .option(
      '--seed <n>',
      'whole number that decides what is drawn: the same one gives the same text (default: a random one)',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--stop <text>', `end the answer before this text; up to ${MAX_STOP_STRINGS} times`, stopStrings)
    .hook('preAction', (_, acting) => refuseOptionsOfNoUse(acting));
}

/** The options as the engine takes them. */
export function toSampling(options: SamplingOptions): Pick<GenerationRequest, 'sampling' | 'stop'> {
  const { temperature, topP, topK, seed, stop } = options;
  return {
    ...(temperature === undefined ? {} : { sampling: { temperature, topP, topK, seed } }),
    ...(stop === undefined ? {} : { stop }),
  };
}

function stopStrings(text: string, before: string[] = []): string[] {
  if (before.length >= MAX_STOP_STRINGS) {
    throw new InvalidArgumentError(`There may be ${MAX_STOP_STRINGS} of them.`);
  }
  if (text.length === 0 || text.length > MAX_STOP_STRING_LENGTH) {
    throw new InvalidArgumentError(`It must have 1 to ${MAX_STOP_STRING_LENGTH} characters.`);
  }
  return [...before, text];
}

function refuseOptionsOfNoUse(command: Command): void {
  const options = command.opts<SamplingOptions & { url?: string }>();
  const flags = {
    '--temperature': options.temperature,
    '--top-p': options.topP,
    '--top-k': options.topK,
    '--seed': options.seed,
    '--stop': options.stop,
  };
  const given = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  const [first] = given;
  if (first !== undefined && options.url !== undefined) {
    command.error(`error: ${first} goes with a model in this process; with --url answers are greedy`);
  }
  const drawing = given.find((flag) => flag !== '--temperature' && flag !== '--stop');
  if (drawing !== undefined && (options.temperature ?? 0) === 0) {
    command.error(`error: ${drawing} goes with a --temperature above 0; at 0 nothing is drawn`);
  }
}
