import { type BatchDrillResult } from './batch-drill.js';
import { isForWantOf } from './own-exits.js';

/** Words of a process that ends because Redis, or the store, is away at its start. */
const AWAY_AT_START = /^the \w+ cannot run: (Redis failed to connect|the object store failed at open)/;

/** Everything that the drill of a batch must not find, in words; empty when all is well. */
export function batchFindingsOf({ audit, drains, ownExits }: BatchDrillResult): string[] {
  const lists: Record<string, readonly string[]> = {
    'no line': audit.missing,
    'more than one line': audit.doubled,
    'line of no row': audit.unknown,
    'wrong count': audit.wrongCounts,
    'wrong answer': audit.wrongAnswers,
    'left behind': audit.leftovers,
    'ended by itself': ownExits
      .filter((exits) => !isForWantOf(AWAY_AT_START, exits))
      .map(({ name, ends, lastWords }) => `${name} with ${[...ends, ...lastWords].join(', ')}`),
    'stopped badly': drains
      .filter(({ end }) => end.startsWith('exit code'))
      .map(({ name, end }) => `${name} ${end}`),
  };
  return Object.entries(lists).flatMap(([what, entries]) => entries.map((entry) => `${what}: ${entry}`));
}
