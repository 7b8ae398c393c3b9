import { Command } from 'commander';
import { addCaptionOptions, type CaptionOptions } from './caption-options.js';

const HELP = `
SOURCE is a folder of images, an ImageFolder (images with a metadata.jsonl), tars of WebDataset, or a list with one
image a row: JSONL, CSV, TSV, plain text (all also .gz), Parquet. It is a file, a folder, or a pattern as in 'photos/**/*.jpg' and
'data/{00000..00123}.tar', on this machine or in s3://bucket/... Hidden files are left out.

OUT is a file (.jsonl, .csv, both also .gz, .parquet; metadata.jsonl for an ImageFolder), or a folder of shards in the
form of --output-form: sidecar writes text files named as the images are, webdataset tars of images with their
captions. It gets one row for every record and prompt, in the order of SOURCE. A row that cannot be captioned has
status failed, error_code and error_message, and stops nothing.

The same command again goes on where the last one ended, however it ended, also on another machine: rows that are there,
of the same prompt, model, revision and options, are not asked again. Of what has changed, the rows are replaced. A
single file is put together at the end; until then its shards lie in OUT.parts. Failed rows stay failed until
--retry-failed. An image that comes again with the same prompt is not asked again (status skipped_duplicate).

A prompt may speak of its row: {column:NAME}, {name} and {folder} of the image; {{ is a brace itself.

Ctrl-C takes no more images and finishes those in flight; a second Ctrl-C gives those up as well. Exit status: 0 when
every row was captioned, skipped or is a failed one; 1 when the run could not go on, or, with --fail-on-error, when a
row failed; 2 for arguments that cannot be used; 130 after Ctrl-C.

Examples:
  tessera caption photos -q "Describe the image in detail." -o captions.jsonl
  tessera caption photos -q "Describe the image in detail." -o captions.jsonl --retry-failed
  tessera caption photos -q "Describe the image." -o photos --output-form sidecar --caption-extension .caption
  tessera caption 'data/{00000..00123}.tar' -q "Describe the image." -o captioned --output-form webdataset
  tessera caption urls.csv --image-column url --key-column id --columns title -q "Is this {column:title}?" -o out.parquet
  tessera caption s3://bucket/images -q "Read the text." -o s3://bucket/text.parquet --max-tiles 12 --max-tokens 300
  tessera caption list.parquet -q "Describe the image." --dry-run
  tessera caption photos -q "Describe the image." -o captions.jsonl --url http://127.0.0.1:8080 --concurrency 64`;

/** `tessera caption`: questions about every image of a dataset. */
export function captionCommand(): Command {
  const command = new Command('caption')
    .description('Ask one or several questions about every image of a dataset, into a dataset of captions.')
    .argument('<source>', 'the images: folder, tars or list');
  return addCaptionOptions(command).addHelpText('after', HELP).action(runAction);
}

async function runAction(source: string, options: CaptionOptions): Promise<void> {
  // Loaded when it is needed: the engine's libraries would make --help slow.
  const { runCaption } = await import('./run-caption.js');
  await runCaption(source, options);
}
