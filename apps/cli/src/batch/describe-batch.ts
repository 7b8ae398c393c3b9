import { formatCount, formatDuration, formatTime } from '../terminal/format.js';
import { hasEnded, type ServiceBatch } from './batch-schema.js';

const MOST_ERRORS_SHOWN = 10;

/** A batch as people read it, several lines. */
export function describeBatch(batch: ServiceBatch, nowMs = Date.now()): string {
  const { id, status, usage, metadata } = batch;
  const facts: [string, string | null | undefined][] = [
    ['rows', describeRows(batch)],
    [
      'tokens',
      usage == null
        ? undefined
        : `${formatCount(usage.input_tokens)} in, ${formatCount(usage.output_tokens)} out`,
    ],
    ['model', batch.model],
    ['input', batch.input_file_id],
    ['output', batch.output_file_id],
    ['errors', batch.error_file_id],
    ['created', formatTime(batch.created_at)],
    ['expires', describeExpiry(batch, nowMs)],
    ['repeats', batch.retry_of],
    ['metadata', metadata == null ? undefined : formatPairs(metadata)],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value == null || value === '' ? [] : [`  ${name.padEnd(9)} ${value}`],
  );
  return [`${id} ${status}`, ...lines, ...describeErrors(batch)].join('\n');
}

/** A batch as one line of a list. */
export function describeBatchBriefly(batch: ServiceBatch): string {
  return [batch.id, batch.status.padEnd(11), formatTime(batch.created_at), describeRows(batch)].join('  ');
}

/** `95 completed, 5 failed of 100` */
export function describeRows({ request_counts: counts }: ServiceBatch): string {
  const { total, completed, failed } = counts;
  return `${formatCount(completed)} completed, ${formatCount(failed)} failed of ${formatCount(total)}`;
}

function describeExpiry(batch: ServiceBatch, nowMs: number): string | undefined {
  const { expires_at: expiresAt } = batch;
  if (expiresAt == null || hasEnded(batch)) return undefined;
  return `${formatTime(expiresAt)}, in ${formatDuration(expiresAt - nowMs / 1000)}`;
}

function describeErrors({ errors }: ServiceBatch): string[] {
  const all = errors?.data ?? [];
  const shown = all.slice(0, MOST_ERRORS_SHOWN).map(({ code, message, line }) => {
    const place = line == null ? '' : `line ${formatCount(line)}: `;
    return `  ${place}${message} (${code})`;
  });
  const left = all.length - shown.length;
  return left > 0 ? [...shown, `  and ${formatCount(left)} more; --json has them all`] : shown;
}

function formatPairs(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
