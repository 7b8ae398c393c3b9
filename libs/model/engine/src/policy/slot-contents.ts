/** Image tokens of a prompt: positions from `start` to before `end`. */
export interface PromptImage {
  readonly start: number;
  readonly end: number;
  /** The same for pictures that have the same features; undefined for one that equals no other. */
  readonly content: string | undefined;
}

/** A prompt, as far as its keys and values follow from it. */
export interface PrefixPrompt {
  readonly tokenIds: readonly number[];
  readonly images: readonly PromptImage[];
  /** Ends of its prefill chunks, ascending. */
  readonly chunkEnds: readonly number[];
}

interface Content {
  readonly prompt: PrefixPrompt;
  /** Positions of the prompt that the slot holds, from the first. */
  readonly positions: number;
  readonly usesLongRope: boolean;
}

/** Where a prompt's first positions are held already. */
export interface HeldPrefix {
  readonly slot: number;
  readonly positions: number;
}

/**
 * What the slots of one length class hold: the keys and values of the prompt that was computed there last, also when the
 * sequence has left. A later prompt that begins alike takes them over.
 */
export class SlotContents {
  private readonly bySlot = new Map<number, Content>();

  /** The slot now holds the first `positions` positions of this prompt. */
  record(slot: number, prompt: PrefixPrompt, content: { positions: number; usesLongRope: boolean }): void {
    this.bySlot.set(slot, { prompt, ...content });
  }

  /** Positions from `start` on are about to be overwritten. */
  truncate(slot: number, start: number): void {
    const content = this.bySlot.get(slot);
    if (content === undefined) return;
    if (start === 0) this.bySlot.delete(slot);
    else this.bySlot.set(slot, { ...content, positions: Math.min(content.positions, start) });
  }

  /** What one slot holds has been copied to another. */
  copy(from: number, to: number): void {
    const content = this.bySlot.get(from);
    if (content === undefined) this.bySlot.delete(to);
    else this.bySlot.set(to, content);
  }

  /** Positions that the slot holds; the next one may be overwritten without a loss. */
  heldPositions(slot: number): number {
    return this.bySlot.get(slot)?.positions ?? 0;
  }

  /**
   * The longest beginning of a prompt that a slot holds up to a chunk's end, in `own` where no other slot holds more. The last
   * token of the prompt is never part of it: its logits are still to be computed.
   */
  longestPrefix(prompt: PrefixPrompt, usesLongRope: boolean, own: number): HeldPrefix | undefined {
    let best: HeldPrefix | undefined;
    for (const [slot, content] of this.bySlot) {
      if (content.usesLongRope !== usesLongRope) continue;
      const alike = Math.min(content.positions, commonPositions(content.prompt, prompt));
      const positions = prompt.chunkEnds.findLast((end) => end <= alike) ?? 0;
      const isLonger = positions > (best?.positions ?? 0);
      const isOwn = positions > 0 && positions === best?.positions && slot === own;
      if (isLonger || isOwn) best = { slot, positions };
    }
    return best;
  }
}

/** How far two prompts begin alike, tokens and pictures; at most all but the last token of the second. */
function commonPositions(held: PrefixPrompt, wanted: PrefixPrompt): number {
  const length = Math.min(held.tokenIds.length, wanted.tokenIds.length - 1);
  let common = 0;
  while (common < length && held.tokenIds[common] === wanted.tokenIds[common]) common++;
  for (const [index, { start, content }] of wanted.images.entries()) {
    if (start >= common) break;
    const other = held.images[index];
    if (content === undefined || other?.content !== content || other.start !== start) return start;
  }
  return common;
}
