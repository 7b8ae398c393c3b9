import { type SentRequest } from './ledger.js';
import { type Sample } from './sampler.js';
import { type UsedUp } from './token-raises.js';

/** A change of a key's limits holds on every replica by then, as operations.md says; and as long for the answer. */
const CHANGE_MS = 2_000 + 500;
const REFUSED = 'insufficient_quota';

export interface TokensCheck {
  readonly refusedCount: number;
  /** Jobs that were asked for and accepted while the day's tokens were used up. */
  readonly acceptedWithout: readonly string[];
  /** Refusals although there were tokens. */
  readonly refusedWith: readonly string[];
  /** Most tokens beyond the limit, of work that was in flight when it was reached. */
  readonly mostBeyond: number;
}

/** Compares what became of a key's requests with the tokens that it had left. */
export function checkTokens(
  requests: readonly SentRequest[],
  samples: readonly Sample[],
  usedUp: readonly UsedUp[],
): TokensCheck {
  const work = requests.filter(({ makesWork }) => makesWork);
  const refused = work.filter(({ end }) => end.kind === 'answered' && end.code === REFUSED);
  const accepted = work.filter(({ end }) => end.kind === 'answered' && end.status < 300);
  const within = (fromMs: number, untilMs: number) => (request: SentRequest) =>
    request.sentAtMs > fromMs && request.endedAtMs < untilMs;
  const spans = usedUp.map((period) => spanWith(period, samples));
  return {
    refusedCount: refused.length,
    acceptedWithout: usedUp.flatMap(({ seenAtMs, raiseSentAtMs, limit }) =>
      accepted
        .filter(within(seenAtMs, raiseSentAtMs))
        .map(({ sentAtMs }) => `at ${sentAtMs}, ${sentAtMs - seenAtMs} ms after all ${limit} were used`),
    ),
    refusedWith: spans.flatMap(({ fromMs, untilMs }) =>
      refused
        .filter(within(fromMs, untilMs))
        .map(({ sentAtMs }) => `at ${sentAtMs}, ${sentAtMs - fromMs} ms too late`),
    ),
    mostBeyond: mostBeyond(samples, usedUp),
  };
}

/** From when the tokens that were given count everywhere, until the last moment at which some were certainly left. */
function spanWith({ raisedAtMs, nextLimit }: UsedUp, samples: readonly Sample[]) {
  const before = samples.filter(({ atMs, tokens }) => atMs > raisedAtMs && tokens < nextLimit);
  return { fromMs: raisedAtMs + CHANGE_MS, untilMs: before.at(-1)?.fromMs ?? raisedAtMs };
}

function mostBeyond(samples: readonly Sample[], usedUp: readonly UsedUp[]): number {
  const beyond = usedUp.map(({ limit, raiseSentAtMs }) => {
    const used = samples.findLast(({ atMs }) => atMs < raiseSentAtMs)?.tokens ?? 0;
    return used - limit;
  });
  return Math.max(0, ...beyond);
}
