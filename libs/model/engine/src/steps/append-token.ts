import { type FinishReason } from '@tessera/contracts';
import { type NextToken } from '../decoder-runner.js';
import { type Sequence } from '../sequence.js';

/** Commits one token: it ends the sequence or becomes the next to append. Hooks of the request run here and may throw. */
export function appendToken(
  sequence: Sequence,
  next: NextToken,
  stopTokenIds: ReadonlySet<number>,
): FinishReason | undefined {
  sequence.mark('firstToken');
  sequence.hooks.onLogits(next.logits);
  if (stopTokenIds.has(next.tokenId)) return 'stop';
  sequence.tokenIds.push(next.tokenId);
  sequence.nextTokenId = next.tokenId;
  sequence.hooks.onToken(next.tokenId);
  return sequence.tokenIds.length >= sequence.prompt.maxTokens ? 'length' : undefined;
}
