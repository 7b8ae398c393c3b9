import { type PromptContent, type PromptMessage } from '@tessera/contracts';
import { TooManyImagesError } from '../image.errors.js';
import { type ConversationMessage, imagePartsOf } from './to-conversation.js';
import { type ImageContext, type ImageDraft, toImageDraft } from './to-image-draft.js';

/** A conversation whose images are numbered but not stored yet. */
export interface PromptDraft {
  messages: PromptMessage[];
  images: ImageDraft[];
}

/** What the images of a request may be, and how many there may be. */
export type DraftContext = ImageContext & { maxImages: number };

/**
 * @param imagesParam the field that is named where there are too many images
 * @throws {TesseraError} for too many images and for image URLs that are refused
 */
export function toPromptDraft(
  conversation: readonly ConversationMessage[],
  context: DraftContext,
  imagesParam: string,
): PromptDraft {
  const parts = imagePartsOf(conversation);
  if (parts.length > context.maxImages) {
    throw new TooManyImagesError(context.maxImages, parts.length, imagesParam);
  }
  return {
    messages: numberImages(conversation),
    images: parts.map((part) => toImageDraft(part, context)),
  };
}

/** Images are numbered in the order in which they stand in the conversation. */
function numberImages(conversation: readonly ConversationMessage[]): PromptMessage[] {
  let nextImage = 0;
  return conversation.map(({ role, parts }) => ({
    role,
    content: parts.map((part): PromptContent =>
      part.type === 'text' ? { type: 'text', text: part.text } : { type: 'image', image: nextImage++ },
    ),
  }));
}
