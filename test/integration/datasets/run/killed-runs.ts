import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type RunFacts } from '@tessera/datasets';
import { findRepositoryRoot } from '@tessera/testing';

const SCRIPT = join(findRepositoryRoot(), 'test/integration/datasets/run/instant-run.mjs');
/** Rows that may be through without being durable; see the journal. */
const ROWS_AT_RISK = 64;

export interface KilledRunsOptions {
  /** For everything. */
  readonly folder: string;
  readonly rows: number;
  /** The rows from here on have the images of the first ones again. */
  readonly distinctImages: number;
  readonly shardRows: number;
  readonly concurrency: number;
  readonly form: 'jsonl' | 'parquet';
  /** The questions of each process before it is killed, from the first process on. */
  readonly killsAt: readonly number[];
  readonly usesCache: boolean;
}

export interface RunReport {
  readonly facts: Omit<RunFacts, 'failuresByCode'>;
  readonly memory: readonly { readonly used: number; readonly rss: number }[];
}

export interface KilledRunsResult {
  /** Of the process that came to the end. */
  readonly last: RunReport;
  readonly output: string;
  /** Of a run that nobody disturbed, over the same list. */
  readonly undisturbed: RunReport;
  readonly undisturbedOutput: string;
  /** Questions of all processes together. */
  readonly asked: number;
  /** Questions that were asked more than once. */
  readonly askedAgain: number;
  /** As many as may be: for each kill those in flight and those that were not durable yet. */
  readonly mostAskedAgain: number;
}

/** Captions a list with an instant asker, killed with SIGKILL again and again, and once without. */
export async function runAndKill(options: KilledRunsOptions): Promise<KilledRunsResult> {
  const { folder, form, killsAt, concurrency } = options;
  await writeList(options);
  const askedLog = join(folder, 'asked.txt');
  const output = join(folder, 'killed', `captions.${form}`);
  for (const killAt of killsAt) {
    const { signal } = await runOnce(options, { output, askedLog, killAt });
    if (signal !== 'SIGKILL') throw new Error(`the run was to be killed at question ${killAt}`);
  }
  const { report: last } = await runOnce(options, { output, askedLog });
  const counts = await countLines(askedLog);
  const undisturbedOutput = join(folder, 'undisturbed', `captions.${form}`);
  const { report: undisturbed } = await runOnce(
    { ...options, usesCache: false },
    { output: undisturbedOutput, askedLog: join(folder, 'asked-undisturbed.txt') },
  );
  if (last === undefined || undisturbed === undefined) throw new Error('a run did not come to its end');
  return {
    last,
    output,
    undisturbed,
    undisturbedOutput,
    asked: counts.lines,
    askedAgain: counts.lines - counts.distinct,
    mostAskedAgain: killsAt.length * (concurrency + ROWS_AT_RISK),
  };
}

async function writeList({ folder, rows, distinctImages }: KilledRunsOptions): Promise<void> {
  function* lines(): Generator<string> {
    for (let number = 0; number < rows; number += 1) yield `picture-${number % distinctImages}.png\n`;
  }
  await pipeline(Readable.from(lines()), createWriteStream(join(folder, 'list.txt')));
}

async function runOnce(
  { folder, shardRows, concurrency, usesCache }: KilledRunsOptions,
  run: { output: string; askedLog: string; killAt?: number },
): Promise<{ report: RunReport | undefined; signal: unknown }> {
  const options = {
    ...run,
    ...{ shardRows, concurrency },
    source: join(folder, 'list.txt'),
    scratchFolder: await mkdtemp(join(folder, 'scratch-')),
    ...(usesCache ? { cacheFolder: join(folder, 'cache') } : {}),
  };
  // As built, not from the sources that vitest runs.
  const child: ChildProcess = fork(SCRIPT, [JSON.stringify(options)], { execArgv: ['--expose-gc'] });
  let report: RunReport | undefined;
  child.on('message', (message: RunReport) => (report = message));
  const [code, signal] = (await once(child, 'exit')) as [number | null, unknown];
  if (code !== 0 && code !== null) throw new Error(`the run ended with status ${code}`);
  return { report, signal };
}

async function countLines(path: string): Promise<{ lines: number; distinct: number }> {
  const seen = new Set<string>();
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    lines += 1;
    seen.add(line);
  }
  return { lines, distinct: seen.size };
}
