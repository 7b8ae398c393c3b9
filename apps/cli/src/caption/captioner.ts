import { type CaptionRow, type ModelReference, type TesseraError } from '@tessera/contracts';
import { type ImageFile } from './walk-images.js';

/** What is known of an image's bytes, also when there is no caption for it. */
export type ImageFacts = Pick<CaptionRow, 'sha256' | 'width' | 'height'>;

export type CaptionOutcome = ImageFacts &
  (
    | {
        readonly kind: 'completed';
        readonly caption: string;
        readonly finishReason: 'stop' | 'length';
        readonly tiles: number | null;
        readonly promptTokens: number | null;
        readonly completionTokens: number | null;
        readonly timings: Record<string, number> | null;
        readonly model: ModelReference;
      }
    | { readonly kind: 'failed'; readonly error: Pick<TesseraError, 'code' | 'message'> }
  );

/** Asks the one prompt of a run about images: in this process, or through a service. */
export interface Captioner {
  readonly model: ModelReference;
  /** Images that are worth having in flight. */
  readonly concurrency: number;
  /** Where the answers come from, for the summary. */
  readonly place: string;
  /**
   * What is wrong with one image is an outcome. Rejects for what would fail every image, and with the signal's reason
   * when aborted.
   */
  caption(image: ImageFile, signal: AbortSignal): Promise<CaptionOutcome>;
  close(): Promise<void>;
}
