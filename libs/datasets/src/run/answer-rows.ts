import { webcrypto } from 'node:crypto';
import { TesseraError } from '@tessera/contracts';
import { shapeCaption } from '../prompts/shape-caption.js';
import type { ImagePlace } from '../source.js';
import { type Answer, completedAnswer, existingAnswer, failedAnswer } from './answer.js';
import type { AskOnce, Asked } from './ask-once.js';
import type { AskedImage, Asker } from './asker.js';
import type { Journal } from './journal.js';
import type { KeptImages } from './kept-images.js';
import type { PlannedRow } from './open-shard.js';
import type { RowTask } from './plan-rows.js';
import { type AnswerOrigin, countAnswer } from './run-facts.js';
import type { DatasetRunOptions } from './run-options.js';

export interface RowAnswering {
  readonly options: DatasetRunOptions;
  readonly askOnce: AskOnce;
  readonly journal: Journal;
  readonly images: KeptImages;
}

/** Finds the answers to the rows of a record, one after the other: the image is read once. */
export async function answerRows(task: RowTask, answering: RowAnswering): Promise<void> {
  let image: Promise<AskedImage> | undefined;
  const load = () => (image ??= readRecord(task, answering));
  for (const row of task.rows) {
    const { answer, origin } = await answerRow(row, load, answering);
    // What costs nothing to find again need not be kept.
    if (origin === 'asked') await answering.journal.add(task.shard.name, { identity: row.identity, answer });
    countAnswer(answering.options.facts, answer, origin);
    task.shard.answer(row, answer);
  }
}

interface Answered {
  readonly answer: Answer;
  readonly origin: AnswerOrigin;
}

async function answerRow(
  row: PlannedRow,
  load: () => Promise<AskedImage>,
  { options, askOnce }: RowAnswering,
): Promise<Answered> {
  const { output, asker, abort } = options;
  const { key } = row.record;
  const { model } = asker;
  const rowName = row.promptIndex === undefined ? { key } : { key, prompt_index: row.promptIndex };
  if (await output.hasCaption?.(rowName)) {
    return { answer: existingAnswer({ model, now: new Date() }), origin: 'existing' };
  }
  let sha256: string | null = null;
  try {
    const image = await load();
    sha256 = image.kind === 'bytes' ? image.sha256 : null;
    const asked = await askOnce.ask(image, row.prompt, abort.signal);
    return { answer: toAnswer(asked, sha256, options), origin: asked.origin };
  } catch (error) {
    abort.signal.throwIfAborted();
    if (!(error instanceof ImageUnreadableError)) throw error;
    return { answer: failedAnswer(error.reason, { sha256, model, now: new Date() }), origin: 'asked' };
  }
}

function toAnswer(
  { outcome }: Asked,
  sha256: string | null,
  { asker, shape = {} }: DatasetRunOptions,
): Answer {
  const now = new Date();
  if (outcome.kind === 'failed') {
    const { error, width, height } = outcome;
    return failedAnswer(error, { sha256, model: asker.model, now, width, height });
  }
  const caption = shapeCaption(outcome.caption, shape);
  return completedAnswer({ ...outcome, caption }, outcome.timings, { sha256, now });
}

/** Tells what is wrong with an image from what is wrong with whoever is asked. */
class ImageUnreadableError extends Error {
  constructor(readonly reason: TesseraError) {
    super(reason.message, { cause: reason });
  }
}

async function readRecord(
  { record, planned, shard }: RowTask,
  { options, images }: RowAnswering,
): Promise<AskedImage> {
  const { asker, needsImages, abort } = options;
  // Rows without an image have their answers from the beginning.
  const place = record.image as ImagePlace;
  const image = await loadImage(place, asker, abort.signal).catch((error: unknown) => {
    throw error instanceof TesseraError ? new ImageUnreadableError(error) : error;
  });
  abort.signal.throwIfAborted();
  if (place.kind === 'url' && image.kind === 'bytes' && needsImages) {
    planned.place = await images.keep(shard.name, planned.key, image.bytes);
  }
  return image;
}

/** The image as it is asked about. @throws what `asker.read` does */
export async function loadImage(place: ImagePlace, asker: Asker, signal: AbortSignal): Promise<AskedImage> {
  if (place.kind === 'url' && asker.takesUrls) return { kind: 'url', url: place.url };
  const startedAt = performance.now();
  const bytes = await asker.read(place, signal);
  const readMs = performance.now() - startedAt;
  return { kind: 'bytes', bytes, sha256: await hashBytes(bytes), readMs };
}

/** On another thread: images can be large. */
async function hashBytes(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
