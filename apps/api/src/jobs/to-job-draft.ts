import { type CreateJobBody, type PromptContent, type PromptMessage } from '@tessera/contracts';
import { TooManyImagesError } from '../errors/job.errors.js';
import { InvalidValueError } from '../errors/request.errors.js';
import { type ConversationMessage, toConversation } from './to-conversation.js';
import { type ImageContext, type ImageDraft, toImageDraft } from './to-image-draft.js';
import { uploadIndexOf } from './uploaded-image.js';

/** A checked image question whose images are numbered but not stored yet. */
export interface JobDraft {
  messages: PromptMessage[];
  images: ImageDraft[];
  maxTokens?: number;
}

/**
 * Maps a body of the right shape to a draft: pure, keeps nothing.
 * @throws {TesseraError} for every rule between fields, for too many images and for image URLs that are refused
 */
export function toJobDraft(body: CreateJobBody, context: ImageContext & { maxImages: number }): JobDraft {
  const conversation = toConversation(body, context.uploads.length);
  const parts = conversation.flatMap((message) => message.parts).filter((part) => part.type === 'image');
  if (parts.length > context.maxImages) {
    throw new TooManyImagesError(context.maxImages, parts.length, body.messages ? 'messages' : 'images');
  }
  checkEveryUploadIsUsed(parts, context.uploads.length);
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  return {
    messages: numberImages(conversation),
    images: parts.map((part) => toImageDraft(part, context)),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

/** Images are numbered in the order in which they stand in the conversation. */
function numberImages(conversation: ConversationMessage[]): PromptMessage[] {
  let nextImage = 0;
  return conversation.map(({ role, parts }) => ({
    role,
    content: parts.map((part): PromptContent =>
      part.type === 'text' ? { type: 'text', text: part.text } : { type: 'image', image: nextImage++ },
    ),
  }));
}

function checkEveryUploadIsUsed(parts: readonly { url: string }[], uploadCount: number): void {
  const used = new Set(parts.map(({ url }) => uploadIndexOf(url)));
  const unused = Array.from({ length: uploadCount }, (_, index) => index).find((index) => !used.has(index));
  if (unused !== undefined) {
    throw new InvalidValueError(
      `image: part ${unused} is named by no message; messages name uploads as upload:${unused}`,
      { param: 'image' },
    );
  }
}
