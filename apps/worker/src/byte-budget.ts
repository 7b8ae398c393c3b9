import { TesseraError } from '@tessera/contracts';

/** The encoded images of one job have more bytes together than a worker holds for one. */
export class JobImagesTooLargeError extends TesseraError {
  readonly code = 'image_too_large';
  constructor(readonly limitBytes: number) {
    super(`the images of a job may have at most ${limitBytes} bytes together`);
  }
}

/** Counts the bytes of a job's images as they come in. */
export class ByteBudget {
  private spentBytes = 0;

  constructor(private readonly limitBytes: number) {}

  /** @throws {JobImagesTooLargeError} */
  spend(bytes: number): void {
    this.spentBytes += bytes;
    this.throwIfSpent();
  }

  /** @throws {JobImagesTooLargeError} */
  throwIfSpent(): void {
    if (this.spentBytes > this.limitBytes) throw new JobImagesTooLargeError(this.limitBytes);
  }
}
