import { describe, expect, it } from 'vitest';
import { type PrefixPrompt, type PromptImage, SlotContents } from './slot-contents.js';

const CHUNK = 4;
const image = (start: number, end: number, content: string | undefined): PromptImage => ({
  start,
  end,
  content,
});
/** A prompt of these letters, cut every four. */
function promptOf(letters: string, images: readonly PromptImage[] = []): PrefixPrompt {
  const tokenIds = Array.from(letters, (letter) => letter.charCodeAt(0));
  const multiples = tokenIds.map((_, index) => index + 1).filter((end) => end % CHUNK === 0);
  return { tokenIds, images, chunkEnds: [...new Set([...multiples, tokenIds.length])] };
}

/** Slots that hold these prompts whole. */
function holding(...prompts: PrefixPrompt[]): SlotContents {
  const contents = new SlotContents();
  for (const [slot, prompt] of prompts.entries()) {
    contents.record(slot, prompt, { positions: prompt.tokenIds.length, usesLongRope: false });
  }
  return contents;
}

describe('SlotContents', () => {
  it('finds the longest beginning that ends with a chunk of both prompts', () => {
    const contents = holding(promptOf('abcdefgX'), promptOf('abcdvwvwvw'));
    expect(contents.longestPrefix(promptOf('abcdefghij'), false, 5)).toEqual({ slot: 0, positions: 4 });
    expect(contents.longestPrefix(promptOf('abcdvwvwvY'), false, 5)).toEqual({ slot: 1, positions: 8 });
    expect(contents.longestPrefix(promptOf('abcX'), false, 5)).toBeUndefined();
    expect(new SlotContents().longestPrefix(promptOf('abcd'), false, 0)).toBeUndefined();
  });

  it('never gives all of a prompt, whose last token is still to be computed', () => {
    const contents = holding(promptOf('abcdefgh'));
    expect(contents.longestPrefix(promptOf('abcdefgh'), false, 5)).toEqual({ slot: 0, positions: 4 });
    expect(contents.longestPrefix(promptOf('abcd'), false, 5)).toBeUndefined();
  });

  it('takes the own slot where no other holds more', () => {
    const contents = holding(promptOf('abcdX'), promptOf('abcdY'), promptOf('abcdZ'));
    expect(contents.longestPrefix(promptOf('abcdef'), false, 1)).toEqual({ slot: 1, positions: 4 });
  });

  it('sees pictures, not only the tokens that stand for them', () => {
    const contents = holding(promptOf('abIIIIcdef', [image(2, 6, 'cat')]));
    const asked = (content: string | undefined): unknown =>
      contents.longestPrefix(promptOf('abIIIIcdeg', [image(2, 6, content)]), false, 5);
    expect(asked('cat')).toEqual({ slot: 0, positions: 8 });
    expect(asked('dog')).toBeUndefined();
    expect(asked(undefined)).toBeUndefined();
    const unknown = holding(promptOf('abIIIIcdef', [image(2, 6, undefined)]));
    expect(unknown.longestPrefix(promptOf('abIIIIcdef', [image(2, 6, undefined)]), false, 5)).toBeUndefined();
  });

  it('keeps to what was computed with the same rope factors', () => {
    const contents = holding(promptOf('abcdef'));
    expect(contents.longestPrefix(promptOf('abcdef'), true, 5)).toBeUndefined();
  });

  it('knows what is left of a slot that is overwritten from a position on, or was copied', () => {
    const contents = holding(promptOf('abcdefghij'));
    contents.copy(0, 3);
    contents.truncate(0, 6);
    expect(contents.heldPositions(0)).toBe(6);
    expect(contents.longestPrefix(promptOf('abcdefghiX'), false, 0)).toEqual({ slot: 3, positions: 8 });
    contents.truncate(3, 0);
    expect(contents.heldPositions(3)).toBe(0);
    expect(contents.longestPrefix(promptOf('abcdefghiX'), false, 0)).toEqual({ slot: 0, positions: 4 });
    contents.copy(3, 0);
    expect(contents.heldPositions(0)).toBe(0);
  });
});
