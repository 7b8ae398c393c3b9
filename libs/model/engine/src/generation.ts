import {
  type FinishReason,
  type ImageTiles,
  type ModelReference,
  type PromptMessage,
  type Usage,
} from '@tessera/contracts';
import { type Priority } from './policy/priority.js';
import { type TokenProbability } from './sampling/log-probabilities.js';
import { type SamplingParams } from './sampling/sampling-params.js';

/** An image of a request. Its size is known first: prompts are checked before any pixel is decoded. */
export interface GenerationImage {
  readonly width: number;
  readonly height: number;
  /** Upper bound of tiles without thumbnail; default: the model's. */
  readonly maxTiles?: number;
  readonly minTiles?: number;
  /** Its tiles follow those of the image before it under that image's placeholder, so messages do not mention it. */
  readonly joinsPrevious?: boolean;
  /** The same for the same pixels, such as a SHA-256 of the file: what was computed for one is used again for the other. */
  readonly contentHash?: string;
  /** Its pixels: RGB bytes, [height, width, 3]. */
  decode(): Promise<Uint8Array>;
}

export interface GenerationRequest {
  readonly messages: readonly PromptMessage[];
  /** In the order of the messages' image indexes, joined images right after the one that they join. */
  readonly images: readonly GenerationImage[];
  /** Absent: DEFAULT_MAX_TOKENS, or what the context leaves. Given: refused when it does not fit. */
  readonly maxTokens?: number;
  /** Absent: the most likely token each time. */
  readonly sampling?: SamplingParams;
  /** Up to 4 strings that end the answer; it ends before them. */
  readonly stop?: readonly string[];
  /** Asks for every token's log probability, with those of the `top` most likely ones, 0 to 20. */
  readonly logprobs?: { readonly top: number };
  /** Answers to be made, 1 to 128; each has a stream of random numbers of its own. @defaultValue 1 */
  readonly n?: number;
  /**
   * Interactive requests go before batch ones, whatever came first, and find a slot that no batch request took. It changes
   * no answer.
   * @defaultValue interactive
   */
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
  /**
   * Called with each new piece of text of a choice (from 0): whole characters only, never a part of a stop string, and
   * all pieces together are its text. `logprobs` are those of the tokens since the piece before, where they are asked
   * for; tokens after the last piece come with the result only.
   */
  readonly onText?: (delta: string, choice: number, logprobs?: readonly TokenLogprob[]) => void;
  /**
   * Called with every new token: how many the request has used by then, of its prompt and of all its choices. It may come
   * to no answer and so to no `usage`.
   */
  readonly onUsage?: (totalTokens: number) => void;
  /** Called with the logits [vocabulary] of every new token of a choice, valid during the call. */
  readonly onLogits?: (logits: Float32Array, choice: number) => void;
}

/** Milliseconds of wall time in each stage. */
export interface GenerationTimings {
  /** Decoding and tiling the images. */
  preprocessMs: number;
  /** From the first to the last vision run of this request's tiles. */
  visionMs: number;
  /** Waiting for the engine: to be admitted, for vision runs and for a slot. */
  waitMs: number;
  /** From the first prefill run to the first token. */
  prefillMs: number;
  /** From the first token to the last. */
  decodeMs: number;
  totalMs: number;
}

/** A token with its log probability by the model's own logits, before penalties and temperature. */
export interface LikelyToken extends TokenProbability {
  /** What it stands for inside a text, in UTF-8; it may be part of a character. */
  readonly bytes: Uint8Array;
}

export interface TokenLogprob extends LikelyToken {
  /** The most likely tokens at its place, best first. */
  readonly top: readonly LikelyToken[];
}

export interface GenerationChoice {
  readonly text: string;
  /** The stop token left out; the tokens of a stop string are among them. */
  readonly tokenIds: readonly number[];
  readonly finishReason: FinishReason;
  /** One entry per token, where the request asked for them. */
  readonly logprobs?: readonly TokenLogprob[];
}

/** What a request becomes; the first choice stands for itself. */
export interface GenerationResult extends GenerationChoice {
  /** As many as were asked for. */
  readonly choices: readonly GenerationChoice[];
  /** The prompt counts once, whatever the number of choices. */
  readonly usage: Usage;
  readonly tiles: readonly ImageTiles[];
  /** Those of the choice that ended last. */
  readonly timings: GenerationTimings;
  readonly model: ModelReference;
}
