import { hash } from 'node:crypto';
import type { AnswerStore } from '../answers/answer-store.js';
import { HashSet } from '../hash-set.js';
import type { AskOutcome, Caption } from './answer.js';
import type { AskedImage, Asker } from './asker.js';
import { questionIdentity } from './row-identity.js';
import type { AnswerOrigin } from './run-facts.js';

export interface AskOnceOptions {
  readonly asker: Asker;
  /** Digest of what answers depend on. */
  readonly parameters: string;
  /** Captions of other runs; absent: none. */
  readonly cache: AnswerStore | undefined;
  /** Captions of this run that the cache does not keep. */
  readonly answered: AnswerStore;
}

export interface Asked {
  readonly outcome: AskOutcome;
  readonly origin: Extract<AnswerOrigin, 'asked' | 'cached' | 'duplicate'>;
}

/** Asks about an image and a prompt once: whoever comes later, or meanwhile, gets the same caption. */
export class AskOnce {
  private readonly underWay = new Map<string, Promise<AskOutcome>>();
  private readonly asked = new HashSet();

  constructor(private readonly options: AskOnceOptions) {}

  async ask(image: AskedImage, prompt: string, signal: AbortSignal): Promise<Asked> {
    const { asker, parameters } = this.options;
    const question = questionIdentity({ content: contentOf(image), prompt, model: asker.model, parameters });
    const underWay = this.underWay.get(question);
    if (underWay !== undefined) return { outcome: await underWay, origin: 'duplicate' };
    const asking = this.lookUpOrAsk(question, { image, prompt, signal });
    // Those who wait for it have it from the map; it is reported to the first.
    const outcome = asking.then(({ outcome: answered }) => answered);
    outcome.catch(() => undefined);
    this.underWay.set(question, outcome);
    try {
      return await asking;
    } finally {
      this.underWay.delete(question);
    }
  }

  private async lookUpOrAsk(
    question: string,
    { image, prompt, signal }: { image: AskedImage; prompt: string; signal: AbortSignal },
  ): Promise<Asked> {
    const store = this.storeOf(image);
    const known = await store.get(question);
    if (known !== undefined) {
      const origin = this.asked.has(question) ? 'duplicate' : 'cached';
      return { outcome: { kind: 'completed', timings: null, ...known }, origin };
    }
    const outcome = await this.options.asker.ask({ image, prompt }, signal);
    if (outcome.kind === 'completed') {
      this.asked.add(question);
      await store.put(question, captionOf(outcome));
    }
    return { outcome, origin: 'asked' };
  }

  /** What is behind a URL may be another image tomorrow. */
  private storeOf({ kind }: AskedImage): AnswerStore {
    return kind === 'url' ? this.options.answered : (this.options.cache ?? this.options.answered);
  }
}

/** The same for the same image. */
export function contentOf(image: AskedImage): string {
  return image.kind === 'bytes' ? image.sha256 : `url:${hash('sha256', image.url, 'hex')}`;
}

function captionOf(outcome: Extract<AskOutcome, { kind: 'completed' }>): Caption {
  const { caption, finishReason, width, height, tiles, promptTokens, completionTokens, model } = outcome;
  return { caption, finishReason, width, height, tiles, promptTokens, completionTokens, model };
}
