import { TesseraError } from '@tessera/contracts';

/** A checkpoint names a chat template that is not known. */
export class UnknownTemplateError extends TesseraError {
  readonly code = 'model_invalid';
  constructor(
    readonly template: string,
    readonly knownTemplates: readonly string[],
  ) {
    super(`chat template ${JSON.stringify(template)} is not known; known are ${knownTemplates.join(', ')}`);
  }
}

/** Messages that break the order of a conversation, or put an image where none may be. */
export class InvalidConversationError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly rule: string,
    param: string,
  ) {
    super(`${param}: ${rule}`, { param });
  }
}

/** A user message without an image says nothing. */
export class EmptyQuestionError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(param: string) {
    super(`${param}: a user message needs text that is not blank, or an image`, { param });
  }
}

/**
 * A prompt does not show the images that tile counts were given for, each once and in order, so that features and
 * image tokens would not match. A fault of the caller, not of a request.
 */
export class PromptImagesMismatchError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly shownImages: readonly number[],
    readonly givenImageCount: number,
  ) {
    super(
      `the prompt shows images [${shownImages.join(', ')}], tile counts were given for ${givenImageCount} images`,
    );
  }
}
