import { type TransferProgress } from './progress-tally.js';
import { type Retry } from './with-retries.js';

/** Told how a transfer of files gets on. */
export interface TransferObserver {
  progressed?(progress: TransferProgress): void;
  retrying?(retry: Retry): void;
}
