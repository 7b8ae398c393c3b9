import { type TokenLogprob, type TokenProbability } from '@tessera/contracts';
import { type GenerationChoice, type LikelyToken } from '@tessera/engine';

/** What OpenAI's API writes for a token that is as good as impossible; JSON has no infinity. */
const LEAST_LOGPROB = -9999;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The public form of log probabilities, where there are any. */
export function toLogprobs(tokens: GenerationChoice['logprobs']): { logprobs?: TokenLogprob[] } {
  if (tokens === undefined) return {};
  const logprobs = tokens.map(({ top, ...token }) => ({
    ...toTokenProbability(token),
    top_logprobs: top.map(toTokenProbability),
  }));
  return { logprobs };
}

function toTokenProbability({ logprob, bytes }: LikelyToken): TokenProbability {
  return { token: utf8.decode(bytes), logprob: Math.max(logprob, LEAST_LOGPROB), bytes: [...bytes] };
}
