import { type DrillResult } from './drill.js';
import { isForWantOf } from './own-exits.js';

/** Words of a process that ends because there is no Redis at its start. */
const NO_REDIS_AT_START = /^the \w+ cannot run: Redis failed to connect/;

/** Everything that a drill must not find, in words; empty when all is well. */
export function findingsOf({ audit, load, drains, ownExits }: DrillResult): string[] {
  const lists: Record<string, readonly string[]> = {
    lost: audit.lost,
    doubled: audit.doubled,
    'wrong answer': audit.wrongAnswers,
    'cancel without effect': audit.wrongCancels,
    'no webhook': audit.webhooks.untold,
    'contradictory webhooks': audit.webhooks.contradictory,
    'left behind': audit.leftovers,
    refused: load.refusals,
    'ended by itself': ownExits
      .filter((exits) => !isForWantOf(NO_REDIS_AT_START, exits))
      .map(({ name, ends, lastWords }) => `${name} with ${[...ends, ...lastWords].join(', ')}`),
    'stopped badly': drains
      .filter(({ end }) => end.startsWith('exit code'))
      .map(({ name, end }) => `${name} ${end}`),
    failed: Object.entries(audit.failedCountByCode).map(([code, count]) => `${count} with ${code}`),
  };
  const { unsignedCount } = audit.webhooks;
  return [
    ...Object.entries(lists).flatMap(([what, entries]) => entries.map((entry) => `${what}: ${entry}`)),
    ...(unsignedCount > 0 ? [`${unsignedCount} webhooks without a valid signature`] : []),
  ];
}
