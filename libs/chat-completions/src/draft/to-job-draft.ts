import { type CreateJobBody } from '@tessera/contracts';
import { InvalidValueError } from '../request.errors.js';
import { type AnswerOptions, toAnswerOptions } from './to-answer-options.js';
import { imagePartsOf, toConversation } from './to-conversation.js';
import { type DraftContext, type PromptDraft, toPromptDraft } from './to-prompt-draft.js';
import { uploadIndexOf } from './uploaded-image.js';

/** A checked image question whose images are numbered but not stored yet. */
export type JobDraft = PromptDraft & AnswerOptions;

/**
 * Maps a body of the right shape to a draft: pure, keeps nothing.
 * @throws {TesseraError} for every rule between fields, for too many images and for image URLs that are refused
 */
export function toJobDraft(body: CreateJobBody, context: DraftContext): JobDraft {
  const uploadCount = context.uploads?.length ?? 0;
  const conversation = toConversation(body, uploadCount);
  const prompt = toPromptDraft(conversation, context, body.messages ? 'messages' : 'images');
  checkEveryUploadIsUsed(imagePartsOf(conversation), uploadCount);
  return { ...prompt, ...toAnswerOptions(body) };
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
