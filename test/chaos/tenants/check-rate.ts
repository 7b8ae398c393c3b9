import { type SentRequest } from './ledger.js';

const REFUSED = 'rate_limit_exceeded';
/** Clocks of whole milliseconds. */
const ROUNDING = 0.01;

export interface RateCheck {
  readonly refusedCount: number;
  /** Most that was let in of what may be, in any span of time: 1 is all of it. */
  readonly largestShare: number;
  /** Spans with more than may be. */
  readonly exceeded: readonly string[];
}

/** Counts what was certainly let in within every span of time, of which as many may be at once as in a second. */
export function checkRate(requests: readonly SentRequest[], perSecond: number): RateCheck {
  const answered = requests.filter(({ end }) => end.kind === 'answered');
  const letIn = answered
    .filter(({ end }) => end.kind === 'answered' && end.code !== REFUSED)
    .sort((one, other) => one.endedAtMs - other.endedAtMs);
  const exceeded: string[] = [];
  let largestShare = 0;
  for (const { sentAtMs: fromMs } of letIn) {
    const { share, text } = fullestSpan(letIn, fromMs, perSecond);
    largestShare = Math.max(largestShare, share);
    if (text !== undefined) exceeded.push(text);
  }
  return { refusedCount: answered.length - letIn.length, largestShare, exceeded };
}

/** Of the spans that begin then, each of which has what was sent and answered in it. */
function fullestSpan(letIn: readonly SentRequest[], fromMs: number, perSecond: number) {
  let fullest: { share: number; text: string | undefined } = { share: 0, text: undefined };
  let count = 0;
  for (const { sentAtMs, endedAtMs } of letIn) {
    if (sentAtMs < fromMs) continue;
    count += 1;
    const spanMs = endedAtMs - fromMs;
    const most = perSecond * (1 + spanMs / 1_000);
    if (count / most <= fullest.share) continue;
    const text = count > most + ROUNDING ? `${count} within ${spanMs} ms, where ${most} may be` : undefined;
    fullest = { share: count / most, text };
  }
  return fullest;
}
