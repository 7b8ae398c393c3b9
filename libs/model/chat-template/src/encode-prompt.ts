import { type PromptPiece, runToEnd, type Tokenizer, UnknownPromptTokenError } from '@tessera/tokenizer';
import { PromptImagesMismatchError } from './errors.js';
import { type PromptPart } from './render-prompt.js';

const IMAGE_START = '<img>';
const IMAGE_TOKEN = '<IMG_CONTEXT>';
const IMAGE_END = '</img>';

/** Tokens that stand for an image in a prompt, whatever the template. */
export const IMAGE_BLOCK_TOKENS: readonly string[] = [IMAGE_START, IMAGE_TOKEN, IMAGE_END];

export interface EncodedPrompt {
  readonly tokenIds: number[];
  /** Indices into `tokenIds` of the image tokens, ascending: one a row of image features. */
  readonly imageTokenPositions: number[];
}

/**
 * The prompt as the reference writes it before tokenising, image tokens spelled out. For reading and for tests: a
 * prompt is encoded from its parts, so that a user's text cannot forge tokens.
 * @param tilesPerImage tile count of every image, thumbnail included, in the order of the conversation's images.
 * @throws PromptImagesMismatchError
 */
export function promptText(
  parts: readonly PromptPart[],
  tilesPerImage: readonly number[],
  tokensPerTile: number,
): string {
  checkImages(parts, tilesPerImage);
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text;
      if (part.kind === 'token') return part.token;
      return IMAGE_START + IMAGE_TOKEN.repeat((tilesPerImage[part.image] ?? 0) * tokensPerTile) + IMAGE_END;
    })
    .join('');
}

/**
 * Token ids of a prompt: those of `tokenizer.encode(promptText(...))`, except that text parts stay plain text whatever
 * they spell.
 * @param tilesPerImage tile count of every image, thumbnail included, in the order of the conversation's images.
 * @throws PromptImagesMismatchError
 * @throws UnknownPromptTokenError when the tokenizer lacks a token of the template or of the image block.
 */
export function encodePrompt(
  parts: readonly PromptPart[],
  tilesPerImage: readonly number[],
  tokensPerTile: number,
  tokenizer: Tokenizer,
): EncodedPrompt {
  return runToEnd(encodePromptStepwise(parts, tilesPerImage, tokensPerTile, tokenizer));
}

/** {@link encodePrompt} in steps of a few milliseconds. */
export function* encodePromptStepwise(
  parts: readonly PromptPart[],
  tilesPerImage: readonly number[],
  tokensPerTile: number,
  tokenizer: Tokenizer,
): Generator<void, EncodedPrompt> {
  checkImages(parts, tilesPerImage);
  const imageTokenCounts = parts.flatMap((part) =>
    part.kind === 'image' ? [(tilesPerImage[part.image] ?? 0) * tokensPerTile] : [],
  );
  const imageTokenId = tokenizer.tokenId(IMAGE_TOKEN);
  if (imageTokenId === undefined && imageTokenCounts.length > 0)
    throw new UnknownPromptTokenError(IMAGE_TOKEN);
  // One image token stands for all of an image: text cannot become one, so those found are those put in.
  const placeholderIds = yield* tokenizer.encodePiecesStepwise(parts.flatMap(piecesOf));
  return expandImageTokens(placeholderIds, imageTokenId, imageTokenCounts);
}

function piecesOf(part: PromptPart): PromptPiece[] {
  if (part.kind !== 'image') return [part];
  return IMAGE_BLOCK_TOKENS.map((token) => ({ kind: 'token', token }));
}

function expandImageTokens(
  placeholderIds: readonly number[],
  imageTokenId: number | undefined,
  imageTokenCounts: readonly number[],
): EncodedPrompt {
  const tokenIds: number[] = [];
  const imageTokenPositions: number[] = [];
  let image = 0;
  for (const id of placeholderIds) {
    if (id !== imageTokenId) {
      tokenIds.push(id);
      continue;
    }
    for (let count = imageTokenCounts[image] ?? 0; count > 0; count--) {
      imageTokenPositions.push(tokenIds.length);
      tokenIds.push(id);
    }
    image += 1;
  }
  return { tokenIds, imageTokenPositions };
}

function checkImages(parts: readonly PromptPart[], tilesPerImage: readonly number[]): void {
  const shown = parts.flatMap((part) => (part.kind === 'image' ? [part.image] : []));
  if (shown.length !== tilesPerImage.length || shown.some((image, position) => image !== position)) {
    throw new PromptImagesMismatchError(shown, tilesPerImage.length);
  }
}
