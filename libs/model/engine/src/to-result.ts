import { type FinishReason, type ImageTiles } from '@tessera/contracts';
import { type ModelManifest } from '@tessera/converter';
import { stripText, type Tokenizer } from '@tessera/tokenizer';
import { type GenerationResult, type GenerationTimings } from './generation.js';
import { type Sequence } from './sequence.js';

interface Context {
  readonly manifest: ModelManifest;
  readonly tokenizer: Tokenizer;
  readonly finishReason: FinishReason;
  /** `performance.now()` when the request came in and when its images were tiled. */
  readonly startedAt: number;
  readonly preparedAt: number;
  /** Time that decoding and tiling the images took, without waiting for its turn. */
  readonly preprocessMs: number;
}

/** The answer of a finished sequence. Text is decoded and stripped as the reference's `chat()` does. */
export function toResult(sequence: Sequence, context: Context): GenerationResult {
  const { prompt, tokenIds } = sequence;
  const promptTokens = prompt.tokenIds.length;
  return {
    text: stripText(context.tokenizer.decode(tokenIds, { skipSpecialTokens: true })),
    tokenIds,
    finishReason: context.finishReason,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokenIds.length,
      total_tokens: promptTokens + tokenIds.length,
      prompt_tokens_details: {
        cached_tokens: sequence.reusedPositions,
        image_tokens: prompt.imageTokenPositions.length,
      },
    },
    tiles: prompt.tilePlans.map(({ columns, rows, tileCount, width, height }): ImageTiles => ({
      columns,
      rows,
      tiles: tileCount,
      width,
      height,
    })),
    timings: timingsOf(sequence, context),
    model: { id: context.manifest.id, revision: context.manifest.revision },
  };
}

function timingsOf({ marks }: Sequence, { startedAt, preparedAt, preprocessMs }: Context): GenerationTimings {
  const end = marks.end ?? performance.now();
  const prefillStart = marks.prefillStart ?? end;
  const firstToken = marks.firstToken ?? end;
  const visionMs = (marks.visionEnd ?? preparedAt) - (marks.visionStart ?? preparedAt);
  return {
    preprocessMs,
    visionMs,
    waitMs: prefillStart - startedAt - preprocessMs - visionMs,
    prefillMs: firstToken - prefillStart,
    decodeMs: end - firstToken,
    totalMs: end - startedAt,
  };
}
