import { type CaptionRow, type ModelReference } from '@tessera/contracts';
import { type CaptionOutcome } from './captioner.js';
import { type ImageFile } from './walk-images.js';

/** The columns that hold an answer, or the error in its place. */
type OutcomeColumns = Omit<
  CaptionRow,
  'key' | 'path' | 'prompt' | 'sha256' | 'width' | 'height' | 'created_at'
>;

/** The row of an image that has been asked about. */
export function toRow(
  { key, path }: ImageFile,
  outcome: CaptionOutcome,
  run: { prompt: string; model: ModelReference; now: Date },
): CaptionRow {
  const { sha256, width, height } = outcome;
  return {
    key,
    path,
    prompt: run.prompt,
    ...outcomeColumns(outcome, run.model),
    sha256,
    width,
    height,
    created_at: run.now.toISOString(),
  };
}

function outcomeColumns(outcome: CaptionOutcome, model: ModelReference): OutcomeColumns {
  const isFailed = outcome.kind === 'failed';
  return {
    status: outcome.kind,
    caption: isFailed ? null : outcome.caption,
    error_code: isFailed ? outcome.error.code : null,
    error_message: isFailed ? outcome.error.message : null,
    ...(isFailed ? NO_MEASURES : measuresOf(outcome)),
    model: isFailed ? model.id : outcome.model.id,
    model_revision: isFailed ? model.revision : outcome.model.revision,
  };
}

const NO_MEASURES = {
  tiles: null,
  finish_reason: null,
  prompt_tokens: null,
  completion_tokens: null,
  timings: null,
};

function measuresOf(outcome: Extract<CaptionOutcome, { kind: 'completed' }>) {
  return {
    tiles: outcome.tiles,
    finish_reason: outcome.finishReason,
    prompt_tokens: outcome.promptTokens,
    completion_tokens: outcome.completionTokens,
    timings: outcome.timings,
  };
}
