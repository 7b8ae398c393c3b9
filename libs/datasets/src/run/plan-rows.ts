import type { SourceRecord } from '../source.js';
import { fillPrompt } from '../prompts/fill-prompt.js';
import { type Answer, failedAnswer } from './answer.js';
import type { EarlierRows } from './earlier-rows.js';
import type { KeptImages } from './kept-images.js';
import type { OpenShard, PlannedRecord, PlannedRow } from './open-shard.js';
import { rowIdentity } from './row-identity.js';
import { type AnswerOrigin, countAnswer } from './run-facts.js';
import type { DatasetRunOptions } from './run-options.js';

/** Rows of one record that must be asked about. */
export interface RowTask {
  readonly shard: OpenShard;
  readonly record: SourceRecord;
  readonly planned: PlannedRecord;
  readonly rows: readonly PlannedRow[];
}

export interface RowPlanning {
  readonly options: DatasetRunOptions;
  /** Digest of all that rows depend on beside image, prompt and model. */
  readonly parameters: string;
  readonly earlier: EarlierRows;
  readonly images: KeptImages;
}

/** Adds the rows of a record to its shard; undefined where nothing is to be asked. */
export async function planRecord(
  record: SourceRecord,
  shard: OpenShard,
  planning: RowPlanning,
): Promise<RowTask | undefined> {
  const planned = await planImage(record, shard, planning);
  const rows: PlannedRow[] = [];
  const { prompts } = planning.options;
  for (const index of prompts.keys()) {
    const row = await planRow(record, { planned, index }, planning);
    shard.add(row);
    if (row.answer === undefined) rows.push(row);
  }
  return rows.length === 0 ? undefined : { shard, record, planned, rows };
}

async function planImage(
  record: SourceRecord,
  shard: OpenShard,
  { options, images }: RowPlanning,
): Promise<PlannedRecord> {
  const { key, path, image } = record;
  const common = { key, path, carried: pickColumns(record.columns, options.carried) };
  if (image.kind === 'missing') return { ...common, place: undefined };
  // A list of images is longer than memory is large.
  if (image.kind !== 'bytes') return { ...common, place: image };
  return {
    ...common,
    place: options.needsImages ? await images.keep(shard.name, key, image.bytes) : undefined,
  };
}

function pickColumns(columns: SourceRecord['columns'], carried: DatasetRunOptions['carried']) {
  if (carried === 'all') return columns;
  const named = carried.filter((name) => Object.hasOwn(columns, name));
  return Object.fromEntries(named.map((name) => [name, columns[name] ?? null]));
}

async function planRow(
  record: SourceRecord,
  { planned, index }: { planned: PlannedRecord; index: number },
  { options, parameters, earlier }: RowPlanning,
): Promise<PlannedRow> {
  const { prompts, asker, facts } = options;
  const template = prompts[index] ?? { source: '', parts: [] };
  const filled = fillPrompt(template, record);
  const prompt = filled.kind === 'prompt' ? filled.text : template.source;
  const identity = rowIdentity({ key: record.key, prompt, model: asker.model, parameters });
  const row: PlannedRow = {
    record: planned,
    prompt,
    promptIndex: prompts.length > 1 ? index : undefined,
    identity,
    answer: undefined,
    from: undefined,
  };
  const settle = (answer: Answer, origin: AnswerOrigin) => {
    row.answer = answer;
    countAnswer(facts, answer, origin);
  };
  const before = await earlier.take(identity);
  const missing = [record.image, filled].find(isMissing);
  if (before !== undefined) {
    row.from = before.from;
    settle(before.answer, 'earlier');
  } else if (missing !== undefined) {
    settle(failedAnswer(missing, { sha256: null, model: asker.model, now: new Date() }), 'unasked');
  }
  return row;
}

type Missing = Extract<SourceRecord['image'], { kind: 'missing' }>;

function isMissing(part: { readonly kind: string }): part is Missing {
  return part.kind === 'missing';
}
