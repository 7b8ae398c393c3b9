import { type FinishReason } from '@tessera/contracts';
import { type TextStream, type Tokenizer } from '@tessera/tokenizer';
import { type AnswerOptions } from './answer-options.js';
import { type NextToken } from './decoder-io.js';
import { type GenerationChoice, type GenerationRequest, type TokenLogprob } from './generation.js';
import { type Candidates } from './sampling/candidates.js';
import { LogProbabilities, type TokenProbability } from './sampling/log-probabilities.js';
import { isPlainGreedy } from './sampling/sampling-params.js';
import { TokenSampler } from './sampling/token-sampler.js';
import { type SequenceHooks } from './sequence.js';
import { StopStrings } from './stop-strings.js';
import { StrippedText } from './stripped-text.js';

export interface ChoiceOptions {
  /** Which of the request's choices this is, from 0. */
  readonly index: number;
  readonly request: GenerationRequest;
  readonly answer: AnswerOptions;
  readonly seed: bigint;
  readonly tokenizer: Tokenizer;
  /** Memory for choosing tokens; asked for only when the choice needs it. */
  readonly candidates: () => Candidates;
}

/** One answer of a request while it is made: chooses its tokens and writes its text. */
export class Choice {
  readonly hooks: Pick<SequenceHooks, 'chooseToken' | 'onToken'>;
  private readonly sampler: TokenSampler | undefined;
  private readonly tokens: TextStream;
  private readonly stop: StopStrings;
  private readonly logprobs: TokenLogprob[] = [];
  private readonly stripped = new StrippedText();
  private shownLogprobs = 0;
  private text = '';

  constructor(private readonly options: ChoiceOptions) {
    const { answer, request, seed, tokenizer, candidates } = options;
    const { sampling, stop, topLogprobs } = answer;
    this.tokens = tokenizer.createTextStream();
    this.stop = new StopStrings(stop);
    if (!isPlainGreedy(sampling)) {
      const { bosTokenId } = tokenizer;
      this.sampler = new TokenSampler({ sampling, seed, candidates: candidates(), bosTokenId });
    }
    const readsLogits =
      this.sampler !== undefined || topLogprobs !== undefined || request.onLogits !== undefined;
    this.hooks = {
      ...(readsLogits ? { chooseToken: (next: NextToken) => this.chooseToken(next) } : {}),
      onToken: (tokenId) => this.append(tokenId),
    };
  }

  /** The answer, once its sequence has ended; what was held back of its text comes now. */
  finish(reason: FinishReason, tokenIds: readonly number[]): GenerationChoice {
    const rest = this.stop.push(this.tokens.end());
    this.emit(this.stop.isFound ? rest : rest + this.stop.end(), tokenIds.length);
    return {
      text: this.text,
      tokenIds,
      finishReason: this.stop.isFound ? 'stop' : reason,
      // One more was looked at where the stop token ended the answer.
      ...(this.options.answer.topLogprobs === undefined
        ? {}
        : { logprobs: this.logprobs.slice(0, tokenIds.length) }),
    };
  }

  private chooseToken({ logits, tokenId: greedyTokenId }: NextToken): number {
    const { request, answer, index } = this.options;
    request.onLogits?.(logits, index);
    const tokenId = this.sampler?.choose(logits) ?? greedyTokenId;
    if (answer.topLogprobs !== undefined) this.recordLogprobs(logits, tokenId, answer.topLogprobs);
    return tokenId;
  }

  private append(tokenId: number): FinishReason | undefined {
    this.emit(this.stop.push(this.tokens.push(tokenId)), this.logprobs.length);
    return this.stop.isFound ? 'stop' : undefined;
  }

  /** @param tokenCount the answer's tokens so far: the last one looked at may not be among them */
  private emit(piece: string, tokenCount: number): void {
    const delta = this.stripped.push(piece);
    if (delta === '') return;
    this.text += delta;
    const { request, answer, index } = this.options;
    if (answer.topLogprobs === undefined) return request.onText?.(delta, index);
    const logprobs = this.logprobs.slice(this.shownLogprobs, tokenCount);
    this.shownLogprobs = tokenCount;
    request.onText?.(delta, index, logprobs);
  }

  private recordLogprobs(logits: Float32Array, tokenId: number, topCount: number): void {
    const { tokenizer, candidates } = this.options;
    const probabilities = new LogProbabilities(logits, candidates());
    const described = (token: TokenProbability) => ({
      ...token,
      bytes: tokenizer.tokenBytes(token.tokenId),
    });
    this.logprobs.push({
      ...described({ tokenId, logprob: probabilities.of(tokenId) }),
      top: probabilities.top(topCount).map(described),
    });
  }
}
