import { type AddedTokens } from '../added-tokens.js';
import { segmentsOfPieces } from '../prompt-segments.js';
import {
  applyTokenFlags,
  longestTokenPattern,
  type Segment,
  splitAddedTokens,
} from '../split-added-tokens.js';
import { runToEnd } from '../stepwise.js';
import { type PromptPiece, type TextStream, type Tokenizer } from '../tokenizer.js';
import { BpeEncoder } from './bpe-encoder.js';
import { decodeWithSpecialTokens } from './decode-llama.js';
import { type DecodedToken, LlamaTextStream } from './llama-text-stream.js';
import { normalize } from './normalize.js';
import { PieceTextDecoder } from './piece-text-decoder.js';
import { type SentencePieceModel } from './read-model.js';
import { RunDecoder } from './run-decoder.js';
import { type RunStyle } from './run-style.js';
import { byteOfPiece, SPACE_SYMBOL, type Vocabulary } from './vocabulary.js';

export interface LlamaTokenizerParts {
  readonly model: SentencePieceModel;
  readonly vocabulary: Vocabulary;
  readonly addedTokens: AddedTokens;
  /** Spelling of the unknown token. */
  readonly unknownToken: string;
  /** Prepended by `encode` when `addBos` is set. */
  readonly bosTokenId: number | undefined;
  readonly addBos: boolean;
  /** Appended by `encode` when `addEos` is set. */
  readonly eosTokenId: number | undefined;
  readonly addEos: boolean;
  /** True: every text between added tokens gets a dummy prefix. False: only the whole text does. */
  readonly legacy: boolean;
  readonly runStyle: RunStyle;
}

/**
 * transformers' slow `LlamaTokenizer` (4.37.2), which Phi-3 and Yi use too, and InternVL's `InternLM2Tokenizer`, which
 * encodes as it does with `legacy`: SentencePiece BPE with byte fallback, added tokens split off first.
 */
export class LlamaTokenizer implements Tokenizer {
  readonly bosTokenId: number | undefined;
  readonly #parts: LlamaTokenizerParts;
  readonly #addedPattern: RegExp | undefined;
  readonly #encoder: BpeEncoder;
  /** Never yields the id of an added token, not even where the base vocabulary spells that id differently. */
  readonly #plainEncoder: BpeEncoder;

  /** `parts.model.normalizer.addDummyPrefix` is taken as false when `legacy` is false. */
  constructor(parts: LlamaTokenizerParts) {
    const normalizer = { ...parts.model.normalizer };
    const addDummyPrefix = parts.legacy && normalizer.addDummyPrefix;
    this.#parts = { ...parts, model: { ...parts.model, normalizer: { ...normalizer, addDummyPrefix } } };
    this.bosTokenId = parts.bosTokenId;
    this.#addedPattern = longestTokenPattern(parts.addedTokens.contents());
    const textIds = new Set(parts.vocabulary.textPieceIds.values());
    const overriddenIds = new Set([...parts.addedTokens.ids()].filter((id) => textIds.has(id)));
    this.#encoder = new BpeEncoder(parts.vocabulary);
    this.#plainEncoder =
      overriddenIds.size === 0 ? this.#encoder : new BpeEncoder(parts.vocabulary, overriddenIds);
  }

  encode(text: string): number[] {
    const prepared = this.#parts.legacy || text === '' ? text : withWholePrefix(text);
    return runToEnd(this.#encodeSegments(splitAddedTokens(prepared, this.#addedPattern), this.#encoder));
  }

  encodePieces(pieces: readonly PromptPiece[]): number[] {
    return runToEnd(this.encodePiecesStepwise(pieces));
  }

  encodePiecesStepwise(pieces: readonly PromptPiece[]): Generator<void, number[]> {
    const segments = segmentsOfPieces(pieces, this.#parts.addedTokens);
    if (!this.#parts.legacy && segments.length > 0) prefixFirstSegment(segments);
    return this.#encodeSegments(segments, this.#plainEncoder);
  }

  fewestTokens(text: string): number {
    const { model, vocabulary } = this.#parts;
    // Neither normalisation nor unknown symbols may make many characters into one token.
    const isBounded = !model.normalizer.removeExtraWhitespaces && vocabulary.byteIds.length > 0;
    return isBounded ? Math.ceil(text.length / Math.max(1, this.#plainEncoder.longestPiece)) : 0;
  }

  decode(tokenIds: readonly number[], options: { skipSpecialTokens: boolean }): string {
    const tokens = tokenIds.flatMap((id) => this.#decodedToken(id) ?? []);
    const kept = options.skipSpecialTokens ? tokens.filter((token) => token.kind !== 'special') : tokens;
    const { addedTokens, runStyle, vocabulary } = this.#parts;
    return decodeWithSpecialTokens(kept, {
      newDecoder: () => this.#newDecoder(),
      style: runStyle,
      standsAlone: (special) =>
        addedTokens.specialTokens.additional.has(special) &&
        (addedTokens.idOf(special) ?? 0) >= vocabulary.size,
    });
  }

  tokenBytes(tokenId: number): Uint8Array {
    const { addedTokens, vocabulary } = this.#parts;
    const added = addedTokens.withId(tokenId)?.content;
    const piece = added === undefined ? vocabulary.piece(tokenId) : undefined;
    const byte = piece === undefined ? undefined : byteOfPiece(piece);
    if (byte !== undefined) return Uint8Array.of(byte);
    return new TextEncoder().encode(added ?? piece?.text.replaceAll(SPACE_SYMBOL, ' ') ?? '');
  }

  tokenId(token: string): number | undefined {
    return this.#parts.addedTokens.idOf(token) ?? this.#parts.vocabulary.find(token);
  }

  createTextStream(): TextStream {
    return new LlamaTextStream(
      (id) => this.#decodedToken(id),
      () => new RunDecoder(this.#newDecoder(), this.#parts.runStyle),
    );
  }

  #newDecoder(): PieceTextDecoder {
    return new PieceTextDecoder(this.#parts.vocabulary, this.#parts.model);
  }

  *#encodeSegments(segments: readonly Segment[], encoder: BpeEncoder): Generator<void, number[]> {
    const { addedTokens, legacy, bosTokenId, addBos, eosTokenId, addEos } = this.#parts;
    const kept = applyTokenFlags(segments, addedTokens);
    const ids: number[][] = [];
    for (const segment of kept) {
      const id = segment.added ? addedTokens.idOf(segment.text) : undefined;
      ids.push(id === undefined ? yield* this.#encodeText(segment.text, encoder) : [id]);
    }
    if (!legacy && this.#hasLonePrefix(kept, ids)) ids.shift();
    const bos = addBos && bosTokenId !== undefined ? [bosTokenId] : [];
    const eos = addEos && eosTokenId !== undefined ? [eosTokenId] : [];
    return [bos, ...ids, eos].flat();
  }

  *#encodeText(text: string, encoder: BpeEncoder): Generator<void, number[]> {
    const { legacy, model, unknownToken } = this.#parts;
    const encodePlain = (plain: string): Generator<void, number[]> =>
      encoder.encodeStepwise(normalize(plain, model.normalizer));
    if (legacy || !(text.startsWith(SPACE_SYMBOL) || text.startsWith(' '))) return yield* encodePlain(text);
    // The reference's way to keep a leading space from being stripped: put the unknown token's letters before it,
    // and cut off as many tokens as those letters have on their own.
    const { length } = yield* encodePlain(unknownToken);
    return (yield* encodePlain(unknownToken + text)).slice(length);
  }

  /** Without `legacy`, a prefix that ended up alone before a special token is dropped. */
  #hasLonePrefix(segments: readonly Segment[], ids: readonly number[][]): boolean {
    const [first, second] = segments;
    if (!second?.added || !this.#parts.addedTokens.isSpecial(second.text)) return false;
    return first?.added === false && first.text === SPACE_SYMBOL && ids[0]?.length === 1;
  }

  #decodedToken(id: number): DecodedToken | undefined {
    const { addedTokens, vocabulary } = this.#parts;
    const added = addedTokens.withId(id);
    if (added !== undefined) {
      return { kind: addedTokens.isSpecial(added.content) ? 'special' : 'added', text: added.content };
    }
    const piece = vocabulary.piece(id);
    return piece === undefined ? undefined : { kind: 'piece', text: piece.text };
  }
}

function withWholePrefix(text: string): string {
  return SPACE_SYMBOL + text.replaceAll(SPACE_SYMBOL, ' ');
}

/** {@link withWholePrefix} of a text that is in segments. */
function prefixFirstSegment(segments: Segment[]): void {
  for (const [index, { text, added }] of segments.entries()) {
    if (!added) segments[index] = { text: text.replaceAll(SPACE_SYMBOL, ' '), added };
  }
  const [first] = segments;
  if (first === undefined || first.added) segments.unshift({ text: SPACE_SYMBOL, added: false });
  else segments[0] = { text: SPACE_SYMBOL + first.text, added: false };
}
