import { TesseraError } from '@tessera/contracts';

/** The text of a prompt is no template. */
export class PromptInvalidError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly text: string,
    /** Where it is wrong, in characters from 0. */
    readonly position: number,
    readonly reason: string,
  ) {
    super(`the prompt is wrong at character ${position + 1}: ${reason}`, { param: 'prompt' });
  }
}
