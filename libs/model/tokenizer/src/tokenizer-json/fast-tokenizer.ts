import { BpeModel, type BpeModelParts } from '../bpe/bpe-model.js';
import { TextCleaner } from '../clean-up.js';
import { Pace, runToEnd } from '../stepwise.js';
import { type PromptPiece, type TextStream, type Tokenizer } from '../tokenizer.js';
import { type AddedVocabulary } from './added-vocabulary.js';
import { type DecoderStep } from './decoder.js';
import { DecoderTextStream } from './decoder-text-stream.js';
import { type Normalizer } from './normalizer.js';
import { type Frame } from './post-processor.js';
import { type PreTokenizer } from './pre-tokenizer.js';
import { type Section, SectionCutter } from './section-cutter.js';

export interface FastTokenizerParts {
  readonly bpe: BpeModelParts;
  readonly addedVocabulary: AddedVocabulary;
  readonly normalizer: Normalizer;
  readonly preTokenizer: PreTokenizer;
  readonly frame: Frame;
  readonly decoderSteps: readonly (() => DecoderStep)[];
  /** What a token of the base vocabulary stands for inside a text. */
  readonly bytesOf: (token: string) => Uint8Array;
  /** Decoded text goes through `clean_up_tokenization`. */
  readonly cleansUp: boolean;
  readonly bosTokenId: number | undefined;
}

/** A tokenizer as tokenizer.json describes it and the `tokenizers` library runs it. */
export class FastTokenizer implements Tokenizer {
  readonly bosTokenId: number | undefined;
  readonly #parts: FastTokenizerParts;
  readonly #baseTokenById: ReadonlyMap<number, string>;
  readonly #sections: SectionCutter;
  readonly #model: BpeModel;
  /** Never yields the id of an added token. */
  readonly #plainModel: BpeModel;

  constructor(parts: FastTokenizerParts) {
    this.#parts = parts;
    this.bosTokenId = parts.bosTokenId;
    this.#baseTokenById = new Map([...parts.bpe.vocabulary].map(([token, id]) => [id, token]));
    this.#sections = new SectionCutter(parts.addedVocabulary, parts.normalizer);
    this.#model = new BpeModel(parts.bpe);
    this.#plainModel = this.#model.without(new Set(parts.addedVocabulary.ids()));
  }

  encode(text: string): number[] {
    const pace = new Pace();
    const sections = runToEnd(this.#sections.cutText(text, pace));
    return runToEnd(this.#encodeSections(sections, this.#model, pace));
  }

  encodePieces(pieces: readonly PromptPiece[]): number[] {
    return runToEnd(this.encodePiecesStepwise(pieces));
  }

  *encodePiecesStepwise(pieces: readonly PromptPiece[]): Generator<void, number[]> {
    const pace = new Pace();
    const sections = yield* this.#sections.cutPieces(pieces, pace);
    return yield* this.#encodeSections(sections, this.#plainModel, pace);
  }

  fewestTokens(text: string): number {
    if (this.#plainModel.losesCharacters) return 0;
    return Math.ceil(this.#parts.normalizer.fewestCharacters(text) / this.#plainModel.longestToken);
  }

  decode(tokenIds: readonly number[], options: { skipSpecialTokens: boolean }): string {
    const stream = this.#stream(options.skipSpecialTokens);
    return tokenIds.map((id) => stream.push(id)).join('') + stream.end();
  }

  tokenBytes(tokenId: number): Uint8Array {
    const added = this.#parts.addedVocabulary.contentOf(tokenId);
    if (added !== undefined) return new TextEncoder().encode(added);
    const token = this.#baseTokenById.get(tokenId);
    return token === undefined ? new Uint8Array() : this.#parts.bytesOf(token);
  }

  tokenId(token: string): number | undefined {
    return this.#parts.addedVocabulary.idOf(token) ?? this.#parts.bpe.vocabulary.get(token);
  }

  createTextStream(): TextStream {
    return this.#stream(true);
  }

  #stream(skipsSpecialTokens: boolean): TextStream {
    const { addedVocabulary, cleansUp, decoderSteps } = this.#parts;
    return new DecoderTextStream(
      (id) => {
        const token = addedVocabulary.contentOf(id) ?? this.#baseTokenById.get(id);
        const isSkipped = skipsSpecialTokens && token !== undefined && addedVocabulary.isSpecial(token);
        return isSkipped ? undefined : token;
      },
      [...decoderSteps.map((newStep) => newStep()), ...(cleansUp ? [cleaningStep()] : [])],
    );
  }

  *#encodeSections(sections: readonly Section[], model: BpeModel, pace: Pace): Generator<void, number[]> {
    const { frame, preTokenizer } = this.#parts;
    const ids = [...frame.before];
    for (const section of sections) {
      if (section.kind === 'token') ids.push(section.id);
      else {
        for (const word of preTokenizer.split(section.text, section.isStart)) {
          yield* model.encodeWord(word, ids, pace);
        }
      }
    }
    ids.push(...frame.after);
    return ids;
  }
}

function cleaningStep(): DecoderStep {
  const cleaner = new TextCleaner();
  return { push: (token) => [cleaner.push(token)], end: () => [cleaner.end()] };
}
