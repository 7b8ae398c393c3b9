import { type BatchDrillOptions, type BatchDrillResult } from './batch-drill.js';
import { describeDrains, describeMachine, describeOwnExits, type Row, sum, table } from './report-parts.js';

const MS_PER_MINUTE = 60_000;

/** What the drill of a batch was, what it counted, and what was wrong, as a section of Markdown. */
export function renderBatchReport(
  options: BatchDrillOptions & { seed: number },
  result: BatchDrillResult,
  date: Date,
): string {
  const { audit, kills, drains, ownExits } = result;
  return [
    'One batch runs on a system that keeps its objects in S3 (a test server in the process of the drill) while the same blows fall; halfway the store is away, and in the middle of that everything is killed at once. Most rows ask without a picture, every tenth shows one, every fiftieth shows something that is none and must be refused. Then the lines of the output and error files are counted and compared with the rows, and with what the batch says of itself.',
    '',
    `${date.toISOString().slice(0, 10)}, seed ${options.seed}, ${describeMachine()}, ${result.seconds} s from the first finished row to the end of the batch.`,
    '',
    ...table('blows', [
      ['kills', `${options.strikes.length} blows, ${sum(Object.values(kills))} processes`],
      ...Object.entries(kills).map(([name, count]): Row => [`of them ${name}`, String(count)]),
      ['outage of the object store', `${options.storeOutageMs / MS_PER_MINUTE} min`],
      ['asked to stop by SIGTERM', describeDrains(drains)],
      ['ended by themselves', describeOwnExits(ownExits)],
    ]),
    ...table('rows', [
      ['in the input', String(options.rows)],
      ['lines in the output file', String(audit.outputLineCount)],
      ['lines in the error file', String(audit.errorLineCount)],
      ['of them `worker_crashed`', String(audit.crashedCount)],
      ['done when the last blow fell', String(result.doneAtLastStrike)],
      ['chunks taken up from a dead worker', String(result.takenUpCount)],
      ['without a line', String(audit.missing.length)],
      ['with more than one line', String(audit.doubled.length)],
      ['lines of no row', String(audit.unknown.length)],
      ['counts and token sums of the batch that are wrong', String(audit.wrongCounts.length)],
      ['wrong answers and refusals', String(audit.wrongAnswers.length)],
      ['part files, keys and queue entries left behind', String(audit.leftovers.length)],
    ]),
  ].join('\n');
}
