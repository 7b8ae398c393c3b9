import { type DrillOptions, type DrillResult } from './drill.js';
import { describeDrains, describeMachine, describeOwnExits, type Row, sum, table } from './report-parts.js';

/** What the drill was, what it counted, and what was wrong, as a section of Markdown. */
export function renderReport(options: DrillOptions, result: DrillResult, date: Date): string {
  const { audit, kills, drains, load } = result;
  const { completed = 0, failed = 0, cancelled = 0 } = audit.countByStatus;
  const { webhooks } = audit;
  return [
    'Jobs keep coming in while the processes of a system as built are killed: `kill -9` of the worker, the dispatcher, the API and Redis, one, two or all at a time, at random moments, also while they start. Six clients ask the questions of the evaluation set, each under an `Idempotency-Key` of its own, and send a request again until it is answered. Then everything must come to its end and is counted.',
    '',
    `${date.toISOString().slice(0, 10)}, seed ${options.seed}, ${describeMachine()}, ${result.strikeSeconds} s of blows and ${result.settleSeconds} s until the last job had ended and its webhook was taken.`,
    '',
    ...table('blows', [
      ['kills', `${options.strikes} blows, ${sum(Object.values(kills))} processes`],
      ...Object.entries(kills).map(([name, count]): Row => [`of them ${name}`, String(count)]),
      ['outage of Redis', options.redisOutageMs === 0 ? 'none' : `${options.redisOutageMs / 1000} s`],
      ['full disk under the store', describeFullDisk(options, result)],
      ['asked to stop by SIGTERM', describeDrains(drains)],
      ['ended by themselves', describeOwnExits(result.ownExits)],
    ]),
    ...table('jobs', [
      ['accepted', String(audit.acceptedCount)],
      ['completed', String(completed)],
      ['failed', `${failed}${describeCodes(audit.failedCountByCode)}`],
      ['cancelled on request', String(cancelled)],
      ['lost', String(audit.lost.length)],
      ['doubled', String(audit.doubled.length)],
      ['answers other than the reference', String(audit.wrongAnswers.length)],
      ['accepted cancels without effect', String(audit.wrongCancels.length)],
      ['needed more than one attempt', String(audit.attemptedAgainCount)],
      ['requests sent again with the key of an accepted job', String(load.replayCount)],
      ['of them answered with another job', String(load.replayedAsAnother.length)],
      ['refused requests', String(load.refusals.length)],
    ]),
    ...table('webhooks', [
      ['jobs told of', String(webhooks.toldJobCount)],
      ['told of more than once, with the same `webhook-id`', String(webhooks.toldAgainCount)],
      ['not told of', String(webhooks.untold.length)],
      ['told of under two ids, or in two ways', String(webhooks.contradictory.length)],
      ['without a valid signature', String(webhooks.unsignedCount)],
    ]),
    ...table('left behind', [
      ['queue entries or marks without an open job', String(audit.leftovers.length)],
      ['image folders of jobs that were never made', String(audit.orphanedFolderCount)],
    ]),
  ].join('\n');
}

function describeFullDisk({ fullDiskMs }: DrillOptions, { fullDisk }: DrillResult): string {
  if (typeof fullDisk === 'object') return `skipped: no file system could be mounted (${fullDisk.skipped})`;
  return fullDisk === 'done' ? `${fullDiskMs / 1000} s` : 'none';
}

function describeCodes(countByCode: Readonly<Record<string, number>>): string {
  const codes = Object.entries(countByCode).map(([code, count]) => `${count} ${code}`);
  return codes.length === 0 ? '' : ` (${codes.join(', ')})`;
}
