import {
  type ChatTemplate,
  encodePromptStepwise,
  type PromptPart,
  renderPrompt,
  toConversation,
} from '@tessera/chat-template';
import { DEFAULT_MAX_TOKENS, MAX_TILES_PER_IMAGE } from '@tessera/contracts';
import { type ModelManifest } from '@tessera/converter';
import { planTiles, type TilePlan } from '@tessera/preprocessing';
import { runToEnd, type Tokenizer } from '@tessera/tokenizer';
import { ContextLengthExceededError, PromptTextTooLongError } from './errors.js';
import { type GenerationRequest } from './generation.js';
import { prefillChunkEnds } from './policy/prefill-chunks.js';
import { type PrefixPrompt, type PromptImage } from './policy/slot-contents.js';

/** A request as token ids, with everything that its images' sizes decide. No pixel has been read. */
export interface PlannedPrompt extends PrefixPrompt {
  /** Positions of image tokens, ascending. */
  readonly imageTokenPositions: readonly number[];
  readonly tilePlans: readonly TilePlan[];
  readonly maxTokens: number;
}

export interface PromptPlanner {
  readonly manifest: ModelManifest;
  readonly template: ChatTemplate;
  readonly tokenizer: Tokenizer;
  /** Longest prompt plus completion that a slot holds. */
  readonly contextTokens: number;
  readonly prefillChunkTokens: number;
}

/** Renders, expands and encodes a prompt. Throws {@link ContextLengthExceededError} and the chat template's errors. */
export function planPrompt(planner: PromptPlanner, request: GenerationRequest): PlannedPrompt {
  return runToEnd(planPromptStepwise(planner, request));
}

/** {@link planPrompt} in steps of a few milliseconds: texts can be long. */
export function* planPromptStepwise(
  planner: PromptPlanner,
  request: GenerationRequest,
): Generator<void, PlannedPrompt> {
  const { manifest, template, tokenizer, contextTokens } = planner;
  const tilePlans = request.images.map((image) => planImageTiles(manifest, image));
  const tilesPerImage = tilesPerPlaceholder(request.images, tilePlans);
  const parts = renderPrompt(template, toConversation(request.messages, template));
  refuseEndlessText(planner, parts);
  const { tokenIds, imageTokenPositions } = yield* encodePromptStepwise(
    parts,
    tilesPerImage,
    manifest.tiles.tokens_per_tile,
    tokenizer,
  );
  const room = contextTokens - tokenIds.length;
  const wanted = request.maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, Math.max(room, 1));
  if (wanted > room) {
    throw new ContextLengthExceededError(tokenIds.length, imageTokenPositions.length, wanted, contextTokens);
  }
  const images = locateImages(planner, { request, tilePlans, imageTokenPositions });
  const chunkEnds = prefillChunkEnds(
    { tokenIds, images, chunkTokens: planner.prefillChunkTokens },
    tokenizer.tokenId(template.stopToken),
  );
  return { tokenIds, images, chunkEnds, imageTokenPositions, tilePlans, maxTokens: wanted };
}

/** Where each image's tokens are, and what decides their features. */
function locateImages(
  { manifest }: PromptPlanner,
  prompt: {
    request: GenerationRequest;
    tilePlans: readonly TilePlan[];
    imageTokenPositions: readonly number[];
  },
): PromptImage[] {
  let first = 0;
  return prompt.tilePlans.map((plan, index) => {
    const count = plan.tileCount * manifest.tiles.tokens_per_tile;
    const start = prompt.imageTokenPositions[first] ?? 0;
    first += count;
    const hash = prompt.request.images[index]?.contentHash;
    return { start, end: start + count, content: hash && `${hash} ${describeGrid(plan)}` };
  });
}

/** Tells apart the ways in which one picture can be tiled. */
function describeGrid({ columns, rows, hasThumbnail }: TilePlan): string {
  return `${columns}x${rows}${hasThumbnail ? ' and thumbnail' : ''}`;
}

/** A text that cannot fit by its length alone is not even encoded. */
function refuseEndlessText({ tokenizer, contextTokens }: PromptPlanner, parts: readonly PromptPart[]): void {
  let characters = 0;
  let fewestTokens = 0;
  for (const part of parts) {
    if (part.kind !== 'text') continue;
    characters += part.text.length;
    fewestTokens += tokenizer.fewestTokens(part.text);
  }
  if (fewestTokens > contextTokens) throw new PromptTextTooLongError(characters, fewestTokens, contextTokens);
}

function tilesPerPlaceholder(images: GenerationRequest['images'], plans: readonly TilePlan[]): number[] {
  const counts: number[] = [];
  for (const [index, { tileCount }] of plans.entries()) {
    if (images[index]?.joinsPrevious === true) counts.push((counts.pop() ?? 0) + tileCount);
    else counts.push(tileCount);
  }
  return counts;
}

function planImageTiles({ tiles }: ModelManifest, image: GenerationRequest['images'][number]): TilePlan {
  // A model that was not trained on tiles gets one, whatever a request asks for.
  const maxTiles = tiles.dynamic ? Math.min(image.maxTiles ?? tiles.max, MAX_TILES_PER_IMAGE) : 1;
  return planTiles(image.width, image.height, {
    tileSizePixels: tiles.size_pixels,
    minTiles: Math.min(image.minTiles ?? tiles.min, maxTiles),
    maxTiles,
    useThumbnail: tiles.use_thumbnail,
  });
}
