import { type FinishReason } from '@tessera/contracts';
import { type NextToken } from '../decoder-io.js';
import { type Sequence } from '../sequence.js';

/** Whether a sequence looks at logits; the others take the pick of the graph. */
export function readsLogits({ hooks }: Sequence): boolean {
  return hooks.chooseToken !== undefined;
}

/** Commits one token: it ends the sequence or becomes the next to append. Hooks of the request run here and may throw. */
export function appendToken(
  sequence: Sequence,
  next: NextToken,
  stopTokenIds: ReadonlySet<number>,
): FinishReason | undefined {
  sequence.mark('firstToken');
  const tokenId = sequence.hooks.chooseToken?.(next) ?? next.tokenId;
  if (stopTokenIds.has(tokenId)) return 'stop';
  sequence.tokenIds.push(tokenId);
  sequence.nextTokenId = tokenId;
  const reason = sequence.hooks.onToken(tokenId);
  if (reason !== undefined) return reason;
  return sequence.tokenIds.length >= sequence.prompt.maxTokens ? 'length' : undefined;
}
