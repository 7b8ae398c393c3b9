import { TesseraError } from '@tessera/contracts';

/** One of the images of a question cannot be used; `code` is that of its cause. */
export class QuestionImageError extends TesseraError {
  readonly code;
  constructor(
    readonly image: string,
    override readonly cause: TesseraError,
  ) {
    super(`${image}: ${cause.message}`, { cause });
    this.code = cause.code;
  }
}

/** Standard input can be read once. */
export class StandardInputTwiceError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(readonly count: number) {
    super(`- (standard input) can be one image of a question, given ${count} times`);
  }
}

/** A question has more images than TESSERA_MAX_IMAGES_PER_JOB. */
export class TooManyQuestionImagesError extends TesseraError {
  readonly code = 'too_many_images';
  constructor(
    readonly count: number,
    readonly limit: number,
  ) {
    super(`a question may have ${limit} images (TESSERA_MAX_IMAGES_PER_JOB), given ${count}`);
  }
}
