import type { ErrorCode, ModelReference } from '@tessera/contracts';
import type { DatasetRow } from '../row.js';

/** The columns of a row that say what came of it. */
export type Answer = Pick<
  DatasetRow,
  | 'caption'
  | 'status'
  | 'error_code'
  | 'error_message'
  | 'sha256'
  | 'width'
  | 'height'
  | 'tiles'
  | 'finish_reason'
  | 'prompt_tokens'
  | 'completion_tokens'
  | 'model'
  | 'model_revision'
  | 'timings'
  | 'created_at'
>;

/** A caption with what it took, as whoever was asked gives it. */
export interface Caption {
  readonly caption: string;
  readonly finishReason: 'stop' | 'length';
  readonly width: number | null;
  readonly height: number | null;
  readonly tiles: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly model: ModelReference;
}

export type AskOutcome =
  | ({ readonly kind: 'completed'; readonly timings: Record<string, number> | null } & Caption)
  | {
      readonly kind: 'failed';
      readonly error: { readonly code: ErrorCode; readonly message: string };
      readonly width: number | null;
      readonly height: number | null;
    };

interface AnswerFacts {
  readonly sha256: string | null;
  /** Of the run: rows without a caption have it, too. */
  readonly model: ModelReference;
  readonly now: Date;
}

export function completedAnswer(
  caption: Caption,
  timings: Record<string, number> | null,
  { sha256, now }: Pick<AnswerFacts, 'sha256' | 'now'>,
): Answer {
  return {
    caption: caption.caption,
    status: 'completed',
    error_code: null,
    error_message: null,
    sha256,
    width: caption.width,
    height: caption.height,
    tiles: caption.tiles,
    finish_reason: caption.finishReason,
    prompt_tokens: caption.promptTokens,
    completion_tokens: caption.completionTokens,
    model: caption.model.id,
    model_revision: caption.model.revision,
    timings,
    created_at: now.toISOString(),
  };
}

export function failedAnswer(
  error: { readonly code: ErrorCode; readonly message: string },
  facts: AnswerFacts & Partial<Pick<Answer, 'width' | 'height'>>,
): Answer {
  return {
    ...withoutCaption(facts),
    status: 'failed',
    error_code: error.code,
    error_message: error.message,
  };
}

/** Somebody else's caption is there and stays. */
export function existingAnswer(facts: Pick<AnswerFacts, 'model' | 'now'>): Answer {
  return withoutCaption({ ...facts, sha256: null });
}

function withoutCaption(facts: AnswerFacts & Partial<Pick<Answer, 'width' | 'height'>>): Answer {
  return {
    caption: null,
    status: 'skipped_existing',
    error_code: null,
    error_message: null,
    sha256: facts.sha256,
    width: facts.width ?? null,
    height: facts.height ?? null,
    tiles: null,
    finish_reason: null,
    prompt_tokens: null,
    completion_tokens: null,
    model: facts.model.id,
    model_revision: facts.model.revision,
    timings: null,
    created_at: facts.now.toISOString(),
  };
}
