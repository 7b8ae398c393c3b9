import { type FinishReason } from '@tessera/contracts';
import { type Tensor } from '@tessera/ort';
import { type PlannedPrompt } from './plan-prompt.js';

/** Image tiles and the features that become of them; absent for prompts without images. */
export interface SequenceImages {
  readonly tiles: Tensor<'uint8'>;
  readonly features: Tensor<'float32'>;
  readonly tileCount: number;
}

export interface SequenceHooks {
  /** Called with every token that is not the stop token. */
  onToken(tokenId: number): void;
  onLogits(logits: Float32Array): void;
}

/** One generation inside the scheduler. The scheduler alone changes it, between runs. */
export class Sequence {
  doneTiles = 0;
  /** Positions written to the KV cache. */
  position = 0;
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

  constructor(
    readonly prompt: PlannedPrompt,
    /** Length class of the slot it needs. */
    readonly classIndex: number,
    readonly images: SequenceImages | undefined,
    private readonly options: { hooks: SequenceHooks; signal: AbortSignal | undefined },
  ) {
    this.finished = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  get hooks(): SequenceHooks {
    return this.options.hooks;
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal;
  }

  get visionDone(): boolean {
    return this.images === undefined || this.doneTiles === this.images.tileCount;
  }

  get prefillDone(): boolean {
    return this.position >= this.prompt.tokenIds.length;
  }

  mark(name: keyof Sequence['marks']): void {
    this.marks[name] ??= performance.now();
  }

  finish(reason: FinishReason): void {
    this.mark('end');
    this.settle.resolve(reason);
  }

  fail(error: unknown): void {
    this.mark('end');
    this.settle.reject(error);
  }
}
