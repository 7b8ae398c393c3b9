import { type AddedTokens } from '../added-tokens.js';
import { BpeModel, type BpeModelParts } from '../bpe/bpe-model.js';
import { bytesOfToken } from '../bpe/byte-alphabet.js';
import { ByteLevelTextStream, type ByteLevelToken } from '../bpe/byte-level-text-stream.js';
import { WordSplitter } from '../bpe/word-splitter.js';
import { segmentsOfPieces } from '../prompt-segments.js';
import {
  applyTokenFlags,
  longestTokenPattern,
  type Segment,
  splitAddedTokens,
} from '../split-added-tokens.js';
import { Pace, runToEnd } from '../stepwise.js';
import { type PromptPiece, type TextStream, type Tokenizer } from '../tokenizer.js';
import { fewestNormalizedCharacters, normalizeNfc, wellFormed } from '../unicode/normalize-nfc.js';

export interface Qwen2TokenizerParts {
  readonly bpe: BpeModelParts;
  /** Spelling of each token of the base vocabulary. */
  readonly tokenById: ReadonlyMap<number, string>;
  readonly addedTokens: AddedTokens;
  readonly bosTokenId: number | undefined;
}

/**
 * transformers' slow `Qwen2Tokenizer` (4.37.2): the whole text in NFC, added tokens split off, byte-level BPE. It adds
 * no beginning token.
 */
export class Qwen2Tokenizer implements Tokenizer {
  readonly bosTokenId: number | undefined;
  readonly #parts: Qwen2TokenizerParts;
  readonly #addedPattern: RegExp | undefined;
  readonly #words = new WordSplitter(1);
  readonly #model: BpeModel;
  /** Never yields the id of an added token. */
  readonly #plainModel: BpeModel;

  constructor(parts: Qwen2TokenizerParts) {
    this.bosTokenId = parts.bosTokenId;
    this.#parts = parts;
    this.#addedPattern = longestTokenPattern(parts.addedTokens.contents());
    this.#model = new BpeModel(parts.bpe);
    this.#plainModel = this.#model.without(new Set(parts.addedTokens.ids()));
  }

  encode(text: string): number[] {
    const normalized = runToEnd(normalizeNfc(wellFormed(text), new Pace()));
    return runToEnd(this.#encodeSegments(splitAddedTokens(normalized, this.#addedPattern), this.#model));
  }

  encodePieces(pieces: readonly PromptPiece[]): number[] {
    return runToEnd(this.encodePiecesStepwise(pieces));
  }

  *encodePiecesStepwise(pieces: readonly PromptPiece[]): Generator<void, number[]> {
    const segments: Segment[] = [];
    const pace = new Pace();
    for (const segment of segmentsOfPieces(pieces, this.#parts.addedTokens)) {
      // A token stays that token, whatever mark the text after it begins with.
      segments.push(
        segment.added ? segment : { ...segment, text: yield* normalizeNfc(wellFormed(segment.text), pace) },
      );
    }
    return yield* this.#encodeSegments(segments, this.#plainModel);
  }

  fewestTokens(text: string): number {
    return Math.ceil(fewestNormalizedCharacters(text) / this.#plainModel.longestToken);
  }

  decode(tokenIds: readonly number[], options: { skipSpecialTokens: boolean }): string {
    const stream = this.#stream(options.skipSpecialTokens);
    return tokenIds.map((id) => stream.push(id)).join('') + stream.end();
  }

  tokenBytes(tokenId: number): Uint8Array {
    const added = this.#parts.addedTokens.withId(tokenId)?.content;
    if (added !== undefined) return new TextEncoder().encode(added);
    return bytesOfToken(this.#parts.tokenById.get(tokenId) ?? '');
  }

  tokenId(token: string): number | undefined {
    return this.#parts.addedTokens.idOf(token) ?? this.#parts.bpe.vocabulary.get(token);
  }

  createTextStream(): TextStream {
    return this.#stream(true);
  }

  #stream(skipsSpecialTokens: boolean): TextStream {
    return new ByteLevelTextStream((id) => {
      const token = this.#decodedToken(id);
      return skipsSpecialTokens && token?.isSpecial === true ? undefined : token;
    });
  }

  *#encodeSegments(segments: readonly Segment[], model: BpeModel): Generator<void, number[]> {
    const { addedTokens } = this.#parts;
    const ids: number[] = [];
    const pace = new Pace();
    for (const { text, added } of applyTokenFlags(segments, addedTokens)) {
      const id = added ? addedTokens.idOf(text) : undefined;
      if (id !== undefined) ids.push(id);
      else for (const word of this.#words.split(text)) yield* model.encodeWord(word, ids, pace);
    }
    return ids;
  }

  /** Tokens that the reference decodes with their neighbours are bytes, the others texts of their own. */
  #decodedToken(id: number): (ByteLevelToken & { readonly isSpecial: boolean }) | undefined {
    const { addedTokens, bpe, tokenById } = this.#parts;
    const added = addedTokens.withId(id)?.content;
    const base = tokenById.get(id);
    if (added === undefined)
      return base === undefined ? undefined : { kind: 'bytes', text: base, isSpecial: false };
    const isSpecial = addedTokens.isSpecial(added);
    const standsAlone =
      !isSpecial || (addedTokens.specialTokens.additional.has(added) && id >= bpe.vocabulary.size);
    return { kind: standsAlone ? 'text' : 'bytes', text: added, isSpecial };
  }
}
