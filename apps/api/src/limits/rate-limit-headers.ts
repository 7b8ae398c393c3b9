import { type RequestStanding } from '@tessera/queue';
import { durationText } from './duration-text.js';

/** OpenAI's headers about what an owner has left, of what is limited. */
export function rateLimitHeaders({ rate, tokens }: RequestStanding): Record<string, string> {
  return {
    ...(rate === undefined ? {} : headersOf('requests', rate.limit, rate.remaining, rate.resetMs)),
    ...(tokens === undefined
      ? {}
      : headersOf('tokens', tokens.limit, Math.max(0, tokens.limit - tokens.used), tokens.resetMs)),
  };
}

function headersOf(what: string, limit: number, remaining: number, resetMs: number): Record<string, string> {
  return {
    [`x-ratelimit-limit-${what}`]: String(limit),
    [`x-ratelimit-remaining-${what}`]: String(remaining),
    [`x-ratelimit-reset-${what}`]: durationText(resetMs),
  };
}
