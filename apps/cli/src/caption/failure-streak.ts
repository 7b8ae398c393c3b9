import { type TesseraError } from '@tessera/contracts';
import { EngineUnusableError } from './errors.js';

/**
 * Failures of the engine with no answer between them. One image may well break a run of the engine and take the images
 * of the same run along; when all images fail, it is the engine.
 */
export class FailureStreak {
  private length = 0;

  /** @param limit failures in a row that are too many */
  constructor(private readonly limit: number) {}

  /** An image was answered. */
  end(): void {
    this.length = 0;
  }

  /** An image failed with `error`; failures that are not the engine's do not count. @throws {EngineUnusableError} */
  add(error: TesseraError): void {
    if (error.code !== 'engine_failed') return;
    this.length += 1;
    if (this.length >= this.limit) throw new EngineUnusableError(this.length, { cause: error });
  }
}
