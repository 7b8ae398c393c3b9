export { parseChatCompletion, type ChatDraft } from './completion/parse-chat-completion.js';
export {
  type AnswerOutcome,
  choicesOf,
  type CompletionIdentity,
  newChatCompletionId,
  toChatCompletion,
  toChatLogprobs,
} from './completion/to-chat-completion.js';
export { checkImageUrl, refuseFor } from './draft/check-image-url.js';
export { type ImageChecks, locateImage } from './draft/locate-image.js';
export { maxTokensOf } from './draft/to-answer-options.js';
export { type ImageContext, type ImageDraft, type ImageDraftSource } from './draft/to-image-draft.js';
export { type JobDraft, toJobDraft } from './draft/to-job-draft.js';
export { toJobRequest } from './draft/to-job-request.js';
export { type DraftContext } from './draft/to-prompt-draft.js';
export { type UploadedImage, uploadUrl } from './draft/uploaded-image.js';
export { type ErrorEnvelope, toErrorBody } from './error-body.js';
export * from './image.errors.js';
export * from './request.errors.js';
export { quote } from './validation/quote.js';
export { validate } from './validation/validate.js';
