import { type FinishReason } from '@tessera/contracts';
import { type NextToken } from './decoder-io.js';
import { type PlannedPrompt } from './plan-prompt.js';
import { type Priority } from './policy/priority.js';
import { type SequenceImage } from './sequence-image.js';

export interface SequenceHooks {
  /** Chooses the next token. Absent: the one that the graph has picked, and nobody looks at logits. */
  chooseToken?(next: NextToken): number;
  /** Called with every token that is not the stop token; says why the answer ends with it, if it does. */
  onToken(tokenId: number): FinishReason | undefined;
  /** Called once, as soon as the features of all images are there. */
  onImagesEncoded(): void;
}

export interface SequenceOptions {
  readonly prompt: PlannedPrompt;
  /** Length class of the slot it needs. */
  readonly classIndex: number;
  readonly priority: Priority;
  /** In the order of the prompt. The sequence owns them from now on. */
  readonly images: readonly SequenceImage[];
  readonly hooks: SequenceHooks;
  readonly signal: AbortSignal | undefined;
}

/** What a sequence waits for or does. */
export type SequenceStage = 'vision' | 'slot' | 'prefill' | 'decode' | 'ended';

/** One generation inside the scheduler. The scheduler alone changes it, between runs. */
export class Sequence {
  private static lastId = 0;

  readonly id = ++Sequence.lastId;
  /** Positions written to the KV cache. */
  position = 0;
  /** Positions of the prompt that were taken over and not computed. */
  reusedPositions = 0;
  /** The token to append next; set once prefill has finished. */
  nextTokenId: number | undefined;
  readonly tokenIds: number[] = [];
  /** Its row in the KV cache of its class; undefined while it waits for one. */
  slot: number | undefined;
  /** `performance.now()` at the turns of its life. */
  readonly marks: Partial<
    Record<'visionStart' | 'visionEnd' | 'prefillStart' | 'firstToken' | 'end', number>
  > = {};

  /** Settles when the sequence has left the engine. */
  readonly finished: Promise<FinishReason>;
  private settle!: { resolve: (reason: FinishReason) => void; reject: (error: unknown) => void };
  private ended = false;

  constructor(private readonly options: SequenceOptions) {
    this.finished = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  get prompt(): PlannedPrompt {
    return this.options.prompt;
  }

  get classIndex(): number {
    return this.options.classIndex;
  }

  get priority(): Priority {
    return this.options.priority;
  }

  get hooks(): SequenceHooks {
    return this.options.hooks;
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal;
  }

  get aborted(): boolean {
    return this.signal?.aborted === true;
  }

  /** Follows from what the sequence has, so that the two cannot disagree. */
  get stage(): SequenceStage {
    if (this.ended) return 'ended';
    if (this.images.some((image) => !image.isEncoded)) return 'vision';
    if (this.slot === undefined) return 'slot';
    return this.nextTokenId === undefined ? 'prefill' : 'decode';
  }

  get images(): readonly SequenceImage[] {
    return this.options.images;
  }

  mark(name: keyof Sequence['marks']): void {
    this.marks[name] ??= performance.now();
  }

  /** Features are not needed any more once the prompt is computed. */
  releaseFeatures(): void {
    for (const image of this.images) image.releaseFeatures();
  }

  finish(reason: FinishReason): void {
    this.end();
    this.settle.resolve(reason);
  }

  fail(error: unknown): void {
    this.end();
    this.settle.reject(error);
  }

  private end(): void {
    this.mark('end');
    this.ended = true;
    for (const image of this.images) image.releaseTiles();
    this.releaseFeatures();
  }
}
