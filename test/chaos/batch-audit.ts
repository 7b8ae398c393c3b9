import { type Batch } from '@tessera/contracts';
import { type ResultLine } from './batch-client.js';
import { type BatchRow } from './batch-rows.js';

/** What became of the rows of a batch. Every list should be empty; entries say what is wrong. */
export interface BatchAudit {
  readonly outputLineCount: number;
  readonly errorLineCount: number;
  /** Rows that were under way, alone, when their worker was killed again. */
  readonly crashedCount: number;
  readonly missing: readonly string[];
  readonly doubled: readonly string[];
  readonly unknown: readonly string[];
  readonly wrongCounts: readonly string[];
  readonly wrongAnswers: readonly string[];
  /** Part files, and what is left in Redis. */
  readonly leftovers: readonly string[];
}

export interface BatchResults {
  readonly batch: Batch;
  readonly output: readonly ResultLine[];
  readonly errors: readonly ResultLine[];
  readonly leftovers: readonly string[];
}

/** Compares the files of a batch that has ended with its rows and with what the batch says of itself. */
export function auditBatch(rows: readonly BatchRow[], results: BatchResults): BatchAudit {
  const { output, errors, leftovers } = results;
  const countById = new Map<string, number>();
  for (const { custom_id: id } of [...output, ...errors]) countById.set(id, (countById.get(id) ?? 0) + 1);
  const known = new Set(rows.map(({ customId }) => customId));
  return {
    outputLineCount: output.length,
    errorLineCount: errors.length,
    crashedCount: errors.filter(isCrash).length,
    missing: [...known].filter((id) => !countById.has(id)),
    doubled: [...countById].filter(([, count]) => count > 1).map(([id, count]) => `${id} ${count} times`),
    unknown: [...countById.keys()].filter((id) => !known.has(id)),
    wrongCounts: findWrongCounts(rows.length, results),
    wrongAnswers: findWrongAnswers(rows, results),
    leftovers,
  };
}

function isCrash({ error }: ResultLine): boolean {
  return error?.code === 'worker_crashed';
}

function findWrongCounts(total: number, { batch, output, errors }: BatchResults): string[] {
  const failed = errors.filter((line) => line.response !== null || isCrash(line)).length;
  const usages = output.map(({ response }) => response?.body.usage);
  const pairs: Record<string, readonly [said: unknown, counted: unknown]> = {
    status: [batch.status, 'completed'],
    total: [batch.request_counts.total, total],
    completed: [batch.request_counts.completed, output.length],
    failed: [batch.request_counts.failed, failed],
    'input tokens': [batch.usage.input_tokens, sum(usages.map((usage) => usage?.prompt_tokens ?? NaN))],
    'output tokens': [batch.usage.output_tokens, sum(usages.map((usage) => usage?.completion_tokens ?? NaN))],
  };
  return Object.entries(pairs)
    .filter(([, [said, counted]]) => said !== counted)
    .map(([what, [said, counted]]) => `${what} ${String(said)} instead of ${String(counted)}`);
}

/** Answers of rows without a picture must all be the same. */
function findWrongAnswers(rows: readonly BatchRow[], { output, errors }: BatchResults): string[] {
  const rowById = new Map(rows.map((row) => [row.customId, row]));
  const expectedOf = (line: ResultLine) => rowById.get(line.custom_id)?.expected;
  const firstText = output.find((line) => isTextAnswer(expectedOf(line)));
  const text = firstText === undefined ? '' : textOf(firstText);
  return [
    ...output
      .filter((line) => {
        const expected = expectedOf(line);
        if (expected?.kind !== 'answer' || textOf(line) === '') return true;
        return !(expected.reference ?? text).startsWith(textOf(line));
      })
      .map((line) => `${line.custom_id} answered ${JSON.stringify(textOf(line))}`),
    ...errors
      .filter((line) => !isCrash(line) && expectedOf(line)?.kind !== 'refusal')
      .map((line) => `${line.custom_id} ${JSON.stringify(line.response ?? line.error)}`),
  ];
}

function isTextAnswer(expected: BatchRow['expected'] | undefined): boolean {
  return expected?.kind === 'answer' && expected.reference === undefined;
}

function textOf({ response }: ResultLine): string {
  return response?.body.choices?.[0]?.message.content ?? '';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
