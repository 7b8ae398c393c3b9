import { UnknownPromptTokenError } from '../errors.js';
import { Pace, runToEnd } from '../stepwise.js';
import { type PromptPiece } from '../tokenizer.js';
import { wellFormed } from '../unicode/normalize-nfc.js';
import { type AddedVocabulary, type FastAddedToken, type Mark, MarkFinder } from './added-vocabulary.js';
import { type Normalizer } from './normalizer.js';
import { splitAtMarks } from './split-at-marks.js';

/** An added token, or normalised text between added tokens. */
export type Section =
  | { readonly kind: 'token'; readonly id: number }
  | { readonly kind: 'text'; readonly text: string; readonly isStart: boolean };

interface MarkedText {
  readonly text: string;
  readonly marks: readonly Mark[];
}

/**
 * Cuts a text at its added tokens as `tokenizers` does: first at those that are not normalised, then the text between
 * is normalised and cut at the others.
 */
export class SectionCutter {
  readonly #vocabulary: AddedVocabulary;
  readonly #normalizer: Normalizer;
  readonly #plainFinder: MarkFinder;
  readonly #normalizedFinder: MarkFinder;
  /** What an added token is searched by in normalised text; a prefix is part of it. */
  readonly #spellings: ReadonlyMap<string, string>;

  constructor(vocabulary: AddedVocabulary, normalizer: Normalizer) {
    this.#vocabulary = vocabulary;
    this.#normalizer = normalizer;
    const tokens = vocabulary.tokens();
    const plain = tokens.filter(({ normalized }) => !normalized);
    const normalized = tokens.filter((token) => token.normalized);
    const spell = ({ content }: FastAddedToken): string =>
      runToEnd(normalizer.normalize([content], new Pace())).join('');
    this.#plainFinder = new MarkFinder(new Map(plain.map((token) => [token.content, token])));
    this.#normalizedFinder = new MarkFinder(new Map(normalized.map((token) => [spell(token), token])));
    this.#spellings = new Map(normalized.map((token) => [token.content, spell(token)]));
  }

  /** Sections of a trusted text: added tokens are what spells them. */
  *cutText(text: string, pace: Pace): Generator<void, Section[]> {
    const whole = wellFormed(text);
    const sections: Section[] = [];
    for (const part of splitAtMarks(whole, this.#plainFinder.find(whole))) {
      if (part.token !== undefined) sections.push(this.#sectionOf(part.token));
      else {
        const normalized = (yield* this.#normalizer.normalize([part.text], pace)).join('');
        const marks = this.#normalizedFinder.find(normalized);
        sections.push(...this.#cutNormalized({ text: normalized, marks }, part.start === 0));
      }
    }
    return sections;
  }

  /** Sections of a prompt: added tokens are the pieces of kind `token`, and no others. */
  *cutPieces(pieces: readonly PromptPiece[], pace: Pace): Generator<void, Section[]> {
    const { text, marks } = markedText(pieces, this.#vocabulary);
    const sections: Section[] = [];
    const plain = marks.filter(({ token }) => !token.normalized);
    for (const part of splitAtMarks(text, plain)) {
      if (part.token !== undefined) sections.push(this.#sectionOf(part.token));
      else {
        const inside = { text: part.text, marks: marksInside(marks, part.start, part.text.length) };
        const normalized = yield* this.#normalizeMarked(inside, pace);
        sections.push(...this.#cutNormalized(normalized, part.start === 0));
      }
    }
    return sections;
  }

  #cutNormalized({ text, marks }: MarkedText, isStart: boolean): Section[] {
    return splitAtMarks(text, marks).map((part) =>
      part.token === undefined
        ? { kind: 'text', text: part.text, isStart: isStart && part.start === 0 }
        : this.#sectionOf(part.token),
    );
  }

  #sectionOf(token: FastAddedToken): Section {
    const id = this.#vocabulary.idOf(token.content);
    if (id === undefined) throw new UnknownPromptTokenError(token.content);
    return { kind: 'token', id };
  }

  *#normalizeMarked({ text, marks }: MarkedText, pace: Pace): Generator<void, MarkedText> {
    const cuts = [0, ...marks.flatMap(({ start, end }) => [start, end]), text.length];
    const parts = cuts.slice(1).map((end, index) => text.slice(cuts[index], end));
    const normalized = yield* this.#normalizer.normalize(parts, pace);
    const whole = normalized.join('');
    let end = 0;
    const moved = marks.map(({ token }, index) => {
      const before = end + (normalized[2 * index]?.length ?? 0);
      const after = before + (normalized[2 * index + 1]?.length ?? 0);
      // A prefix that belongs to the token's spelling is part of it, as when it is found in a text.
      const spelling = this.#spellings.get(token.content) ?? '';
      const isSpelledOut = after - spelling.length >= end && whole.slice(0, after).endsWith(spelling);
      end = after;
      return { start: isSpelledOut ? Math.min(before, after - spelling.length) : before, end: after, token };
    });
    return { text: whole, marks: moved };
  }
}

function marksInside(marks: readonly Mark[], start: number, length: number): Mark[] {
  return marks
    .filter(({ token }) => token.normalized)
    .map((mark) => ({ ...mark, start: mark.start - start, end: mark.end - start }))
    .filter((mark) => mark.start >= 0 && mark.end <= length);
}

/** The pieces as one text, with marks where they name tokens. */
function markedText(pieces: readonly PromptPiece[], vocabulary: AddedVocabulary): MarkedText {
  const texts: string[] = [];
  const marks: Mark[] = [];
  let end = 0;
  for (const piece of pieces) {
    const token = piece.kind === 'token' ? vocabulary.withContent(piece.token) : undefined;
    if (piece.kind === 'token' && token === undefined) throw new UnknownPromptTokenError(piece.token);
    // Halves of a surrogate pair in neighbouring texts belong together, so this comes after joining.
    const text = piece.kind === 'token' ? piece.token : piece.text;
    if (token !== undefined) marks.push({ start: end, end: end + text.length, token });
    texts.push(text);
    end += text.length;
  }
  return { text: wellFormed(texts.join('')), marks };
}
