import { TesseraError } from '@tessera/contracts';

/** The output has rows of a larger part of the source than the run is about, which would go. */
export class OutputLargerError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(readonly uri: string) {
    super(
      `${uri} has rows of more of the source than this run is about; name another output, or overwrite it`,
    );
  }
}
