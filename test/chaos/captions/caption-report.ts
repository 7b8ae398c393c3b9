import { describeMachine, table } from '../report-parts.js';
import { type CaptionDrillResult } from './caption-drill.js';

const BYTES_PER_MB = 1e6;

/** What the drill of a dataset was and what it counted, as a section of Markdown. */
export function renderCaptionReport(result: CaptionDrillResult, date: Date): string {
  const { options, undisturbed } = result;
  const used = undisturbed.memory.map((look) => look.used);
  // The first looks are before the shards that are open at a time have filled up.
  const filled = used.slice(Math.ceil(used.length / 3));
  return [
    'A list is captioned as `tessera caption` does it, without the result cache, by an asker that answers at once, in a process that kills itself with SIGKILL again and again; then by a process that nobody disturbs. The two files are compared, the questions are counted, and the memory in use after garbage collection is looked at every 2,000 questions of the undisturbed process.',
    '',
    `${date.toISOString().slice(0, 10)}, ${describeMachine()}.`,
    '',
    ...table('rows', [
      ['in the list', String(options.rows)],
      ['of a shard', String(options.shardRows)],
      ['asked about at a time', String(options.concurrency)],
      ['kills', `${options.killsAt.length}, after ${options.killsAt.join(', ')} questions of the process`],
      ['in the output', String(result.rows)],
      ['with another caption or status', String(result.wrong)],
      ['asked about again', `${result.askedAgain} (at most ${result.mostAskedAgain} are allowed)`],
      ['the output is that of an undisturbed run, to the byte', result.isSame ? 'yes' : 'no'],
    ]),
    ...table('memory in use', [
      ['at the first look', `${megabytes(used[0] ?? 0)} MB`],
      ['after a third of the rows, least', `${megabytes(Math.min(...filled))} MB`],
      ['after a third of the rows, most', `${megabytes(Math.max(...filled))} MB`],
    ]),
  ].join('\n');
}

function megabytes(bytes: number): string {
  return (bytes / BYTES_PER_MB).toFixed(0);
}
