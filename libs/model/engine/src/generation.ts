import {
  type FinishReason,
  type ImageTiles,
  type ModelReference,
  type PromptMessage,
  type Usage,
} from '@tessera/contracts';

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
  readonly signal?: AbortSignal;
  /** Called with each new piece of text, whole characters only. */
  readonly onText?: (delta: string) => void;
  /** Called with the logits [vocabulary] of every new token, valid during the call. */
  readonly onLogits?: (logits: Float32Array) => void;
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

export interface GenerationResult {
  readonly text: string;
  /** The stop token left out. */
  readonly tokenIds: readonly number[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly tiles: readonly ImageTiles[];
  readonly timings: GenerationTimings;
  readonly model: ModelReference;
}
