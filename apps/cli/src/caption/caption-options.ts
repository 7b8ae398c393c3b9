import { OUTPUT_FORMS, type OutputForm, SOURCE_FORMS, type SourceForm } from '@tessera/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addGenerationOptions, type GenerationOptions } from '../options/generation-options.js';
import { wholeNumber } from '../options/whole-number.js';

export interface CaptionOptions extends GenerationOptions {
  /** Prompts; with `promptFile` there is at least one. */
  question: string[];
  promptFile: string[];
  /** Absent only with `dryRun`. */
  output?: string;
  sourceForm?: SourceForm;
  imageColumn?: string;
  keyColumn?: string;
  /** Columns that are carried through; absent: all. */
  columns?: string[];
  outputForm?: OutputForm;
  shardRows?: number;
  onExisting: 'skip' | 'overwrite' | 'append';
  captionExtension?: string;
  prepend?: string;
  append?: string;
  limit?: number;
  /** Share of the records, 0 to 1. */
  sample?: number;
  dryRun?: true;
  retryFailed?: true;
  failOnError?: true;
  timings: boolean;
  cache: boolean;
  uploadUrls?: true;
  /** Jobs in flight; with `url` only. */
  concurrency?: number;
}

const MAX_CONCURRENCY = 1024;
const MAX_SHARD_ROWS = 1_000_000;

/** Adds the options of {@link CaptionOptions}, and refuses those that would have no effect. */
export function addCaptionOptions(command: Command): Command {
  addSourceOptions(command);
  addOutputOptions(command);
  addRunOptions(addGenerationOptions(command));
  return command.hook('preAction', (_, acting) => refuseOptionsOfNoUse(acting));
}

function addSourceOptions(command: Command): void {
  command
    .option(
      '-q, --question <prompt>',
      'what to ask of every image; several times for several rows',
      collect,
      [],
    )
    .option('--prompt-file <file>', 'a prompt that stands in a file; several times, too', collect, [])
    .addOption(
      new Option('--source-form <form>', 'what SOURCE is, where its names do not say').choices(SOURCE_FORMS),
    )
    .option(
      '--image-column <name>',
      'column that names the image (default: image, path, file_name, url and the like)',
    )
    .option(
      '--key-column <name>',
      'column that names the row (default: path of the file, or number of the row)',
    )
    .option('--limit <n>', 'only the first n records', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--sample <share>', 'only a share of the records, the same ones every time: 0.01 or 1%', share);
}

function addOutputOptions(command: Command): void {
  command
    .option('-o, --output <out>', 'where the rows go: a file, a folder, or either in s3://bucket/...')
    .addOption(
      new Option('--output-form <form>', 'what OUT is, where its name does not say').choices(OUTPUT_FORMS),
    )
    .option(
      '--columns <names>',
      'columns of SOURCE to carry through, between commas; none: "" (default: all)',
      names,
    )
    .option(
      '--shard-rows <n>',
      'rows of a shard (default: 10000, or the tars of SOURCE)',
      wholeNumber(1, MAX_SHARD_ROWS),
    )
    .addOption(
      new Option('--on-existing <what>', 'what becomes of an OUT, or of sidecar files, that are there')
        .choices(['skip', 'overwrite', 'append'])
        .default('skip', 'skip what is done'),
    )
    .option('--caption-extension <ext>', 'extension of sidecar files (default: .txt)', extension)
    .option('--prepend <text>', 'put before every caption')
    .option('--append <text>', 'put behind every caption')
    .option('--no-timings', 'leave out timings and created_at, which differ from run to run');
}

function addRunOptions(command: Command): void {
  command
    .option('--dry-run', 'only tell rows, tiles, tokens, time and storage, by asking about a few images')
    .option('--retry-failed', 'ask again about rows that failed')
    .option('--fail-on-error', 'exit with status 1 when a row failed')
    .option('--no-cache', 'neither use nor keep captions of other runs')
    .option('--upload-urls', 'with --url: fetch images behind URLs here, and upload them')
    .option(
      '--concurrency <n>',
      'jobs in flight, with --url (default: 16); in this process two images a slot are',
      wholeNumber(1, MAX_CONCURRENCY),
    );
}

function collect(text: string, before: string[]): string[] {
  return [...before, text];
}

function names(text: string): string[] {
  return text === '' ? [] : text.split(',').map((name) => name.trim());
}

function extension(text: string): string {
  if (/^\.?[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/.test(text)) return text.startsWith('.') ? text : `.${text}`;
  throw new InvalidArgumentError('It must be 1 to 20 letters, digits, ".", "_" and "-", such as .caption.');
}

function share(text: string): number {
  const [, number = '', percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text) ?? [];
  const value = Number(number) / (percent === '%' ? 100 : 1);
  if (number !== '' && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be above 0 and at most 1, or up to 100%.');
}

function refuseOptionsOfNoUse(command: Command): void {
  const options = command.opts<CaptionOptions>();
  const refuse = (reason: string) => command.error(`error: ${reason}`);
  if (options.question.length + options.promptFile.length === 0) {
    refuse("option '-q, --question <prompt>' or '--prompt-file <file>' is needed");
  }
  if (options.output === undefined && options.dryRun === undefined) {
    refuse("required option '-o, --output <out>' not specified");
  }
  if (options.url === undefined) {
    if (options.concurrency !== undefined) {
      refuse('--concurrency goes with --url; in this process TESSERA_SLOTS decides');
    }
    if (options.uploadUrls) refuse('--upload-urls goes with --url; this process fetches them anyway');
  }
  if (options.outputForm !== 'sidecar') {
    if (options.captionExtension !== undefined) refuse('--caption-extension goes with --output-form sidecar');
    if (options.onExisting === 'append') refuse('--on-existing append goes with --output-form sidecar');
  }
}
