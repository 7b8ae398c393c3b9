import { describeMachine, describeOwnExits, type Row, sum, table } from '../report-parts.js';
import { type EndpointAudit, type Latencies } from './audit-endpoints.js';
import { type TenantDrillOptions } from './tenant-drill.js';
import { type TenantDrillResult } from './tenant-result.js';
import { MEMBER_NAMES } from './tenant-system.js';

type Report = Omit<TenantDrillOptions, 'log'>;

/** What the drill was, what it counted, and what was wrong, as a section of Markdown. */
export function renderTenantReport(options: Report, result: TenantDrillResult, date: Date): string {
  const { seconds } = result;
  return [
    'Four API keys share two API replicas, two dispatchers and a worker, each with clients that ask for more than its key may have: event streams against a limit on requests at a time, jobs against one on queued jobs, pictures and files against one on stored bytes and on requests a second, jobs against the tokens of a day, which the administrator raises whenever they are used up. Other clients of each key ask for what the others have; keys are made, used and revoked all the time. Every key has an endpoint that takes every event. Then three bad ones join them: one that refuses every second attempt, one that never answers, one that takes 0.7 s. Then processes are killed by `kill -9`, one or two at a time, and started again. Meanwhile every request is noted by its client, and what Redis counts is compared with what exists, at one moment, about ten times a second.',
    '',
    `${date.toISOString().slice(0, 10)}, seed ${options.seed}, ${describeMachine()}, ${seconds.calm} s of calm, ${seconds.struck} s of blows and ${seconds.settled} s until nothing was open.`,
    '',
    ...table('blows', blowRows(options, result)),
    ...table('limits', limitRows(options, result)),
    ...table('afterwards', afterwardsRows(result)),
    ...table('keys and data of others', privacyRows(result)),
    ...table('events', eventRows(result.endpoints)),
    ...table('good endpoints: from the end of a job until its event was taken', latencyRows(result)),
  ].join('\n');
}

function blowRows({ blows }: Report, { kills, ownExits }: TenantDrillResult): Row[] {
  return [
    ['kills', `${blows.length} blows, ${kills.length} processes`],
    ...MEMBER_NAMES.map((name): Row => {
      return [`of them ${name}`, String(kills.filter(({ member }) => member === name).length)];
    }),
    ['ended by themselves', describeOwnExits(ownExits)],
  ];
}

function limitRows({ limits }: Report, result: TenantDrillResult): Row[] {
  const { concurrency, rate, tokens, samples, usedUp, queuedRefusedCount, storedRefusedCount } = result;
  const { concurrentRequests, queuedJobs, storedBytes, requestsPerSecond } = limits;
  const most = (count: number, limit: number, refused: number): string =>
    `at most ${count} of ${limit}; ${refused} refused`;
  return [
    [
      'streams open at the same time, as their readers saw it',
      most(concurrency.mostOpen, concurrentRequests, concurrency.refusedCount),
    ],
    ['requests that counted at the same time', `at most ${samples.mostLeases} of ${concurrentRequests}`],
    ['refused although too few requests can have counted', String(concurrency.unexplained.length)],
    [
      'longest time in which requests were refused and none let in, since the last kill of an API',
      `${(concurrency.longestLockoutMs / 1000).toFixed(1)} s (bound: 15 s)`,
    ],
    ['queued jobs that had not begun', most(samples.mostQueued, queuedJobs, queuedRefusedCount)],
    ['queued jobs that came back from a dead worker, beside them', `at most ${samples.mostReturned}`],
    ['stored bytes', most(samples.mostStoredBytes, storedBytes, storedRefusedCount)],
    [
      'requests a second, of what may be in any time',
      `at most ${Math.round(rate.largestShare * 100)} % of ${requestsPerSecond}; ${rate.refusedCount} refused`,
    ],
    ['tokens of the day used up and raised', `${usedUp.length} times; ${tokens.refusedCount} refused`],
    ['jobs accepted while they were used up', String(tokens.acceptedWithout.length)],
    ['jobs refused once they had been raised', String(tokens.refusedWith.length)],
    ['tokens beyond the limit, of work in flight', `at most ${tokens.mostBeyond}`],
    ['looks at which a limit was passed or a count wrong', `${samples.wrong.length} of ${samples.lookCount}`],
  ];
}

function afterwardsRows({ tenants, leasesLeftMs, claimsLeft }: TenantDrillResult): Row[] {
  return [
    ['jobs accepted', String(sum(tenants.map(({ acceptedCount }) => acceptedCount)))],
    ['lost', String(sum(tenants.map(({ lost }) => lost.length)))],
    ['failed', String(sum(tenants.map(({ failed }) => failed.length)))],
    ['until no request counted any more', `${(leasesLeftMs / 1000).toFixed(1)} s (bound: 15 s)`],
    ['killed uploads that still had room claimed', `${claimsLeft}; free again after their time`],
    [
      'queued jobs, stored bytes and tokens that are not what there is (attempts at cancelled jobs may have taken more tokens)',
      String(sum(tenants.map(({ miscounted }) => miscounted.length))),
    ],
  ];
}

function privacyRows({ pried, told, revoked, revived }: TenantDrillResult): Row[] {
  const letIn = revoked.flatMap(({ lastLetInMs }) => (lastLetInMs === undefined ? [] : [lastLetInMs]));
  const longest = letIn.length === 0 ? 'none' : `${letIn.length}, the last ${Math.max(...letIn)} ms later`;
  return [
    ['requests for what another key has', String(pried)],
    ['of them answered other than with 404', String(told.length)],
    ['keys revoked', String(revoked.length)],
    ['of them let in after the revocation was answered', `${longest} (bound: 2 s)`],
    ['revoked long ago and let in', String(revived.length)],
  ];
}

function eventRows(endpoints: readonly EndpointAudit[]): Row[] {
  const count = (of: (audit: EndpointAudit) => number): string => String(sum(endpoints.map(of)));
  return [
    ...endpoints.map(({ name, requestCount, toldJobCount, toldAgainCount }): Row => {
      const again = toldAgainCount > 0 ? `, ${toldAgainCount} of them more than once` : '';
      return [`endpoint ${name}`, `${requestCount} attempts, ${toldJobCount} events taken${again}`];
    }),
    ['not told of, the dead endpoint aside', count(({ untold }) => untold.length)],
    ['told of under two ids, or in two ways', count(({ contradictory }) => contradictory.length)],
    ['told of jobs of another key', count(({ ofOthers }) => ofOthers.length)],
    ['two attempts at one event at the same time', count(({ overlaps }) => overlaps.length)],
    ['without a valid signature', count(({ unsignedCount }) => unsignedCount)],
  ];
}

function latencyRows({ latencies }: TenantDrillResult): Row[] {
  const describe = ({ count, medianMs, p99Ms, longestMs }: Latencies): string =>
    `median ${medianMs} ms, p99 ${p99Ms} ms, longest ${longestMs} ms (${count} events)`;
  return [
    ['alone', describe(latencies.alone)],
    ['beside the bad ones', describe(latencies.beside)],
    ['beside them, while blows fell', describe(latencies.struck)],
  ];
}
