import type { ModelReference } from '@tessera/contracts';
import type { ImagePlace } from '../source.js';
import type { AskOutcome } from './answer.js';

/** An image as it is asked about: its bytes, or an address for whoever answers to fetch. */
export type AskedImage =
  | {
      readonly kind: 'bytes';
      readonly bytes: Uint8Array;
      readonly sha256: string;
      /** What reading it took. */
      readonly readMs: number;
    }
  | { readonly kind: 'url'; readonly url: string };

/** Who answers the questions of a run: an engine, a service. */
export interface Asker {
  readonly model: ModelReference;
  /** Images that are worth having in flight. */
  readonly concurrency: number;
  /** Whether images behind http and https URLs are asked about by their URL, unread. */
  readonly takesUrls: boolean;
  /** The bytes of an image. What it throws as a `TesseraError` is the error of that image's rows. */
  read(place: ImagePlace, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * What is wrong with one image is an outcome. Rejects for what would fail every image, and with the signal's reason
   * when aborted.
   */
  ask(
    question: { readonly image: AskedImage; readonly prompt: string },
    signal: AbortSignal,
  ): Promise<AskOutcome>;
}
