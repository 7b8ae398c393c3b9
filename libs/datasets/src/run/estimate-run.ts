import { hash } from 'node:crypto';
import { TesseraError } from '@tessera/contracts';
import pLimit from 'p-limit';
import { fillPrompt } from '../prompts/fill-prompt.js';
import type { PromptTemplate } from '../prompts/parse-prompt.js';
import type { DatasetSource, ImagePlace, ReadOptions, SourceRecord } from '../source.js';
import { loadImage } from './answer-rows.js';
import type { AskOutcome } from './answer.js';
import type { AskedImage, Asker } from './asker.js';
import { RecordSelector, type Selection } from './select-records.js';

/** Records that are asked about. */
const SAMPLE_RECORDS = 16;
/** Records to choose those from, where the number of all is known without reading them. */
const CANDIDATES = 1000;
/** Of the columns of a row that are there whatever comes of it. */
const ROW_BYTES = 480;

export interface EstimateOptions {
  readonly source: DatasetSource;
  readonly prompts: readonly PromptTemplate[];
  readonly asker: Asker;
  readonly selection?: Selection;
  readonly reading?: ReadOptions;
  readonly signal: AbortSignal;
}

/** What a run would come to, by a few of its images. */
export interface RunEstimate {
  readonly records: number;
  readonly rows: number;
  /** Rows of the sample that were asked about, and those without a caption. */
  readonly sampledRows: number;
  readonly failedRows: number;
  /** Of all rows, as far as they get captions; zero where no row of the sample got one. */
  readonly tiles: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly seconds: number;
  /** Of all rows as JSON. */
  readonly rowBytes: number;
  /** Of all images, as they are. */
  readonly imageBytes: number;
}

/** Counts the rows of a run, asks about a few images and multiplies. Writes nothing. */
export async function estimateRun(options: EstimateOptions): Promise<RunEstimate> {
  const { records, sample } = await countAndSample(options);
  const limit = pLimit(options.asker.concurrency);
  const startedAt = performance.now();
  const asked = (await Promise.all(sample.map((record) => limit(() => askAbout(record, options))))).flat();
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const rows = records * options.prompts.length;
  const perRow = asked.length === 0 ? 0 : rows / asked.length;
  const sum = (measure: (row: AskedRow) => number) =>
    Math.round(asked.reduce((total, row) => total + measure(row), 0) * perRow);
  return {
    records,
    rows,
    sampledRows: asked.length,
    failedRows: asked.filter(({ outcome }) => outcome?.kind !== 'completed').length,
    tiles: sum(({ outcome }) => (outcome?.kind === 'completed' ? (outcome.tiles ?? 0) : 0)),
    promptTokens: sum(({ outcome }) => (outcome?.kind === 'completed' ? (outcome.promptTokens ?? 0) : 0)),
    completionTokens: sum(({ outcome }) =>
      outcome?.kind === 'completed' ? (outcome.completionTokens ?? 0) : 0,
    ),
    seconds: elapsedSeconds * perRow,
    rowBytes: sum(({ rowBytes }) => rowBytes),
    imageBytes: sum(({ imageBytes }) => imageBytes) / options.prompts.length,
  };
}

async function countAndSample({
  source,
  selection = {},
  reading = {},
}: EstimateOptions): Promise<{ records: number; sample: SourceRecord[] }> {
  const known = (selection.share ?? 1) < 1 ? undefined : await source.knownCount();
  const sample: { record: SourceRecord; rank: string }[] = [];
  let records = 0;
  for await (const record of new RecordSelector(selection).select(source.records(reading))) {
    records += 1;
    sample.push({ record, rank: hash('sha256', record.key, 'hex') });
    sample.sort((left, right) => (left.rank < right.rank ? -1 : 1));
    sample.splice(SAMPLE_RECORDS);
    if (known !== undefined && records >= CANDIDATES) break;
  }
  return {
    records: known === undefined ? records : Math.min(known, selection.limit ?? known),
    sample: sample.map(({ record }) => record),
  };
}

interface AskedRow {
  readonly outcome: AskOutcome | undefined;
  readonly rowBytes: number;
  readonly imageBytes: number;
}

async function askAbout(record: SourceRecord, options: EstimateOptions): Promise<AskedRow[]> {
  const { prompts } = options;
  const image = await tryToLoad(record.image, options);
  const rows: AskedRow[] = [];
  for (const template of prompts) {
    const filled = fillPrompt(template, record);
    const outcome =
      image === undefined || filled.kind === 'missing'
        ? undefined
        : await options.asker.ask({ image, prompt: filled.text }, options.signal);
    const texts = [
      record.key,
      record.path,
      template.source,
      outcome?.kind === 'completed' ? outcome.caption : '',
    ];
    rows.push({
      outcome,
      rowBytes: ROW_BYTES + Buffer.byteLength(JSON.stringify([texts, record.columns])),
      imageBytes: image?.kind === 'bytes' ? image.bytes.length : 0,
    });
  }
  return rows;
}

async function tryToLoad(
  image: SourceRecord['image'],
  { asker, signal }: EstimateOptions,
): Promise<AskedImage | undefined> {
  if (image.kind === 'missing') return undefined;
  try {
    return await loadImage(image satisfies ImagePlace, asker, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TesseraError) return undefined;
    throw error;
  }
}
