import type { ErrorCode } from '@tessera/contracts';
import type { Answer } from './answer.js';

/** What has become of the rows so far, for whoever shows it. */
export interface RunFacts {
  /** Rows of the whole run, once they are counted. */
  total: number | undefined;
  /** Asked about, with a caption. */
  captioned: number;
  failed: number;
  /** There before this run began, or before it was killed. */
  earlier: number;
  /** Captions by somebody else that stay (`skipped_existing`). */
  existing: number;
  /** Captions out of the result cache. */
  cached: number;
  /** Captions of another row with the same image and prompt. */
  duplicates: number;
  tiles: number;
  tokens: number;
  readonly failuresByCode: Map<ErrorCode, number>;
  /** Folders of the source that could not be listed, and other places. */
  unreadable: number;
  shardsWritten: number;
  /** Rows that were there, made with another model or other parameters: they are asked again and replaced. */
  madeOtherwise: number;
}

/** How a row came by its answer. */
export type AnswerOrigin = 'asked' | 'cached' | 'duplicate' | 'earlier' | 'existing' | 'unasked';

export function newRunFacts(): RunFacts {
  return {
    total: undefined,
    captioned: 0,
    failed: 0,
    earlier: 0,
    existing: 0,
    cached: 0,
    duplicates: 0,
    tiles: 0,
    tokens: 0,
    failuresByCode: new Map(),
    unreadable: 0,
    shardsWritten: 0,
    madeOtherwise: 0,
  };
}

/** Rows that are through. */
export function doneRows(facts: RunFacts): number {
  return workedRows(facts) + facts.earlier + facts.existing;
}

/** Rows that this run has worked for, by which speed is measured. */
export function workedRows({ captioned, failed, cached, duplicates }: RunFacts): number {
  return captioned + failed + cached + duplicates;
}

export function countAnswer(facts: RunFacts, answer: Answer, origin: AnswerOrigin): void {
  if (origin === 'earlier') facts.earlier += 1;
  else if (origin === 'existing') facts.existing += 1;
  else if (answer.status === 'failed') countFailure(facts, answer);
  else if (origin === 'cached') facts.cached += 1;
  else if (origin === 'duplicate') facts.duplicates += 1;
  else {
    facts.captioned += 1;
    facts.tiles += answer.tiles ?? 0;
    facts.tokens += answer.completion_tokens ?? 0;
  }
}

function countFailure(facts: RunFacts, { error_code }: Answer): void {
  facts.failed += 1;
  if (error_code === null) return;
  facts.failuresByCode.set(error_code, (facts.failuresByCode.get(error_code) ?? 0) + 1);
}
