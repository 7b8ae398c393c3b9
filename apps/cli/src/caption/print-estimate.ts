import { estimateRun, type RunEstimate } from '@tessera/datasets';
import { formatBytes, formatCount, formatDuration } from '../terminal/format.js';
import { type CaptionAsker } from './caption-asker.js';
import { type CaptionTask } from './caption-task.js';

/** `--dry-run`: what the run would come to, on standard output. */
export async function printEstimate({
  source,
  prompts,
  options,
  asker,
  status,
}: Pick<CaptionTask, 'source' | 'prompts' | 'options' | 'status'> & { asker: CaptionAsker }): Promise<void> {
  const onUnreadable = (place: string) => status.print(`${place} cannot be read`);
  const { signal } = new AbortController();
  const estimate = await estimateRun({
    source,
    prompts,
    asker,
    selection: { limit: options.limit, share: options.sample },
    reading: { onUnreadable },
    signal,
  });
  const hasImages = options.outputForm === 'webdataset';
  process.stdout.write(`${formatEstimate(estimate, { place: asker.place, hasImages }).join('\n')}\n`);
}

/** The estimate, line by line. */
export function formatEstimate(
  estimate: RunEstimate,
  { place, hasImages }: { place: string; hasImages: boolean },
): string[] {
  const { records, rows, sampledRows, failedRows, tiles, promptTokens, completionTokens } = estimate;
  const bytes = estimate.rowBytes + (hasImages ? estimate.imageBytes : 0);
  return [
    `rows: ${formatCount(rows)} (${formatCount(records)} images)`,
    `asked about: ${formatCount(sampledRows)} rows, ${formatCount(failedRows)} of them without a caption`,
    `tiles: about ${formatCount(tiles)}`,
    `tokens: about ${formatCount(promptTokens)} of prompts, ${formatCount(completionTokens)} of captions`,
    `time: about ${formatDuration(estimate.seconds)} by ${place}`,
    `storage: about ${formatBytes(bytes)} as JSON${hasImages ? ', images included' : ''}, before compression`,
    'Nothing was written. Rows that are done already, duplicates and captions in the cache take no time.',
  ];
}
