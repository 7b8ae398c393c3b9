/** Sizes and choices of the vision encoder, in one form for both checkpoint layouts. */
export interface VisionConfig {
  readonly hiddenSize: number;
  readonly headCount: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly normType: string;
  readonly normEpsilon: number;
  readonly qkvBias: boolean;
  /** Epsilon of the RMS norm over all heads of queries and keys; absent for encoders without one. */
  readonly qkNormEpsilon: number | undefined;
  readonly activation: string;
  readonly imageSizePixels: number;
  readonly patchSizePixels: number;
  /** Which hidden state the projector takes: -1 is the last layer's output, -2 the one before. */
  readonly selectLayer: number;
}

/** Rotary position embedding as configured. */
export interface RopeConfig {
  readonly theta: number;
  /** Of each head, how much is rotated. */
  readonly rotatedShare: number;
  /** `default` where the configuration names none. */
  readonly type: string;
  readonly shortFactors: readonly number[] | undefined;
  readonly longFactors: readonly number[] | undefined;
}

/** Sizes and choices of the language model, in one form for both checkpoint layouts. */
export interface LanguageConfig {
  /** Class of the language model in transformers, such as `Phi3ForCausalLM`. */
  readonly family: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  /** Absent where it is the hidden size divided by the heads, or the family's own default. */
  readonly headSize: number | undefined;
  readonly normEpsilon: number;
  readonly activation: string;
  readonly rope: RopeConfig;
  readonly contextTokens: number;
  /** Context before it was extended by long rope factors. */
  readonly originalContextTokens: number | undefined;
  /** Positions that attention reaches back; absent when it reaches all. */
  readonly slidingWindowTokens: number | undefined;
  readonly attentionBias: boolean | undefined;
  /** Whether the output layer uses the embedding table; absent where the configuration does not say. */
  readonly tiedEmbeddings: boolean | undefined;
}

/** How an image becomes tiles. */
export interface TileConfig {
  readonly sizePixels: number;
  /** Whether images are cut into tiles at all; otherwise each is one tile. */
  readonly dynamic: boolean;
  readonly min: number;
  readonly max: number;
  readonly useThumbnail: boolean;
  /** Mean and standard deviation by channel, of pixels between 0 and 1. */
  readonly pixelMean: readonly number[];
  readonly pixelStd: readonly number[];
}

/** What a checkpoint's configuration files say, in one form for both layouts. */
export interface ModelConfig {
  /** `chat`: InternVL's own layout (`internvl_chat`); `native`: the one of transformers (`internvl`, the `-hf` repositories). */
  readonly layout: 'chat' | 'native';
  readonly vision: VisionConfig;
  readonly language: LanguageConfig;
  readonly tiles: TileConfig;
  readonly downsampleRatio: number;
  /** v1 leaves the grid of image tokens transposed; every other value does not. */
  readonly pixelShuffleVersion: string;
  /** Name of the conversation template. */
  readonly template: string | undefined;
  /** Replaces the template's own system message. */
  readonly systemMessage: string | undefined;
  /** Settings that change the mathematics in a way that is not implemented: the setting, its value, what is supported. */
  readonly unsupported: readonly (readonly [setting: string, given: string, supported: string])[];
}
