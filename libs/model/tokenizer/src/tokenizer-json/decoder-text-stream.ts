import { type TextStream } from '../tokenizer.js';
import { type DecoderStep } from './decoder.js';

/** Detokenises with the steps of a tokenizer.json's decoder. */
export class DecoderTextStream implements TextStream {
  readonly #tokenOf: (id: number) => string | undefined;
  readonly #steps: readonly DecoderStep[];

  /** @param tokenOf undefined for a token that leaves no text. */
  constructor(tokenOf: (id: number) => string | undefined, steps: readonly DecoderStep[]) {
    this.#tokenOf = tokenOf;
    this.#steps = steps;
  }

  push(tokenId: number): string {
    const token = this.#tokenOf(tokenId);
    return token === undefined ? '' : this.#run([token], this.#steps);
  }

  end(): string {
    return this.#steps.map((step, index) => this.#run(step.end(), this.#steps.slice(index + 1))).join('');
  }

  #run(tokens: readonly string[], steps: readonly DecoderStep[]): string {
    return steps.reduce((passed, step) => passed.flatMap((token) => step.push(token)), tokens).join('');
  }
}
