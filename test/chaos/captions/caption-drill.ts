import { type Hash, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { temporaryDirectory } from '@tessera/testing';
import {
  type KilledRunsOptions,
  type KilledRunsResult,
  runAndKill,
} from '../../integration/datasets/run/killed-runs.js';

const CONCURRENCY = 16;
const SHARD_ROWS = 10_000;
/** Shares of the rows after which the run is killed. */
const KILLS = [0.25, 0.2, 0.3];

export interface CaptionDrillResult extends KilledRunsResult {
  readonly options: Omit<KilledRunsOptions, 'folder'>;
  /** Whether the file of the killed runs is that of the undisturbed one, to the byte. */
  readonly isSame: boolean;
  readonly rows: number;
  /** Rows with another caption or status than they should have. */
  readonly wrong: number;
}

/** Captions a list with an instant asker: killed three times, and once without, each in processes of its own. */
export async function runCaptionDrill({ rows }: { rows: number }): Promise<CaptionDrillResult> {
  const directory = await temporaryDirectory('tessera-captions');
  const options: Omit<KilledRunsOptions, 'folder'> = {
    rows,
    distinctImages: rows,
    shardRows: SHARD_ROWS,
    concurrency: CONCURRENCY,
    form: 'jsonl',
    killsAt: KILLS.map((share) => Math.round(share * rows)),
    usesCache: false,
  };
  try {
    const result = await runAndKill({ ...options, folder: directory.path });
    const [killed, undisturbed] = [
      await readOutput(result.output),
      await readOutput(result.undisturbedOutput),
    ];
    return {
      ...result,
      options,
      isSame: killed.digest === undisturbed.digest,
      rows: killed.rows,
      wrong: killed.wrong,
    };
  } finally {
    await directory.remove();
  }
}

async function readOutput(path: string): Promise<{ digest: string; rows: number; wrong: number }> {
  const digest: Hash = createHash('sha256');
  let rows = 0;
  let wrong = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    digest.update(line);
    const { caption, status } = JSON.parse(line) as { caption: string; status: string };
    if (caption !== `What is it? picture-${rows}.png` || status !== 'completed') wrong += 1;
    rows += 1;
  }
  return { digest: digest.digest('hex'), rows, wrong };
}

/** What is wrong, in words; empty: nothing. */
export function captionFindingsOf(result: CaptionDrillResult): string[] {
  const { options, rows, wrong, isSame, asked, askedAgain, mostAskedAgain } = result;
  return [
    ...(rows === options.rows ? [] : [`the output has ${rows} rows of ${options.rows}`]),
    ...(wrong === 0 ? [] : [`${wrong} rows have another caption or status`]),
    ...(isSame ? [] : ['the output differs from that of an undisturbed run']),
    ...(asked - askedAgain === options.rows ? [] : [`${asked - askedAgain} rows were asked about`]),
    ...(askedAgain <= mostAskedAgain ? [] : [`${askedAgain} rows were asked about again`]),
  ];
}
