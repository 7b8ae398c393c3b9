import { type ImageTiles, type Usage } from '@tessera/contracts';
import { type ModelManifest } from '@tessera/converter';
import { type GenerationChoice, type GenerationResult, type GenerationTimings } from './generation.js';
import { type Sequence } from './sequence.js';

/** A choice whose sequence has left the engine. */
export interface FinishedChoice {
  readonly sequence: Sequence;
  readonly choice: GenerationChoice;
  /** `performance.now()` when its images were tiled. */
  readonly preparedAt: number;
  /** Time that decoding and tiling the images took, without waiting for its turn. */
  readonly preprocessMs: number;
}

interface Context {
  readonly manifest: ModelManifest;
  /** `performance.now()` when the request came in. */
  readonly startedAt: number;
}

/** What a request has become: all its choices (there is one at least), the first of which stands for itself. */
export function toResult(
  finished: readonly FinishedChoice[],
  { manifest, startedAt }: Context,
): GenerationResult {
  const [first] = finished as [FinishedChoice];
  const { prompt } = first.sequence;
  const last = finished.reduce((latest, each) => (endOf(each) > endOf(latest) ? each : latest));
  return {
    ...first.choice,
    choices: finished.map(({ choice }) => choice),
    usage: usageOf(finished.map(({ sequence }) => sequence)),
    tiles: prompt.tilePlans.map(({ columns, rows, tileCount, width, height }): ImageTiles => ({
      columns,
      rows,
      tiles: tileCount,
      width,
      height,
    })),
    timings: timingsOf(last, startedAt),
    model: { id: manifest.id, revision: manifest.revision },
  };
}

function usageOf(sequences: readonly Sequence[]): Usage {
  const promptTokens = sequences[0]?.prompt.tokenIds.length ?? 0;
  const completionTokens = sequences.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: {
      cached_tokens: sequences[0]?.reusedPositions ?? 0,
      image_tokens: sequences[0]?.prompt.imageTokenPositions.length ?? 0,
    },
  };
}

function endOf({ sequence }: FinishedChoice): number {
  return sequence.marks.end ?? 0;
}

function timingsOf(
  { sequence: { marks }, preparedAt, preprocessMs }: FinishedChoice,
  startedAt: number,
): GenerationTimings {
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
