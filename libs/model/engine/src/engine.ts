import { type ServedModel } from '@tessera/contracts';
import { type AnswerOptions, resolveAnswerOptions } from './answer-options.js';
import { Choice } from './choice.js';
import { type EngineOptions } from './engine-options.js';
import { ContextLengthExceededError, EngineClosedError } from './errors.js';
import { type GenerationRequest, type GenerationResult } from './generation.js';
import { disposeInReverse, type EngineParts, loadEngineParts } from './load-engine.js';
import { type MemoryPlan } from './plan-memory.js';
import { type PlannedPrompt, planPrompt, planPromptStepwise, type PromptPlanner } from './plan-prompt.js';
import { type Priority, slotsOpenTo } from './policy/priority.js';
import { classFor } from './policy/slot-classes.js';
import { prepareImages } from './prepare-images.js';
import { PriorityLimit } from './priority-limit.js';
import { runTogether } from './run-together.js';
import { Candidates } from './sampling/candidates.js';
import { randomSeed } from './sampling/split-mix-64.js';
import { Sequence, type SequenceHooks } from './sequence.js';
import { type SequenceImage } from './sequence-image.js';
import { runInSlices } from './time-slices.js';
import { type FinishedChoice, toResult } from './to-result.js';
import { rejectOnAbort } from './reject-on-abort.js';

/** How long planning a prompt may keep the event loop from turning. */
const PLANNING_SLICE_MS = 5;
/** Requests whose images are decoded and tiled at the same time: enough to keep ahead of the model, few in memory. */
const CONCURRENT_PREPARATIONS = 2;
/**
 * Requests of a length class that may hold image memory, per slot: one runs and one is ready to follow it. The rest wait
 * with nothing decoded.
 */
const ADMITTED_PER_SLOT = 2;

/** A request on its way: what it will run as, and since when it has been here. */
interface PlannedRequest {
  readonly prompt: PlannedPrompt;
  readonly classIndex: number;
  /** `performance.now()` */
  readonly startedAt: number;
  readonly options: AnswerOptions;
  /** 64 bits; the choice of index i has the stream of `seed + i`. */
  readonly seed: bigint;
}

/** A choice of a request, whose turn it is. */
interface Turn {
  readonly request: GenerationRequest;
  readonly planned: PlannedRequest;
  readonly signal: AbortSignal;
  /** To be called with every new token of the request. */
  readonly countToken: () => void;
}

/** A loaded model that answers requests, many at a time. */
export class Engine {
  /** One prompt at a time, so that their slices do not add up. */
  private readonly planning = new PriorityLimit({ interactive: 1, batch: 1 });
  private readonly preparation = new PriorityLimit({
    interactive: CONCURRENT_PREPARATIONS,
    batch: CONCURRENT_PREPARATIONS,
  });
  private readonly admission: readonly PriorityLimit[];
  /** Every call of {@link generate} that has not settled. */
  private readonly active = new Set<Promise<GenerationResult>>();
  private readonly closing = new AbortController();
  private closed: Promise<void> | undefined;
  private candidates: Candidates | undefined;

  private constructor(private readonly parts: EngineParts) {
    this.admission = parts.memoryPlan.classes.map(
      ({ slotCount }) => new PriorityLimit(admittedTo(slotCount)),
    );
  }

  /** Loads a converted model. Throws when a file is missing or the KV cache does not fit its budget. */
  static async load(options: EngineOptions): Promise<Engine> {
    return new Engine(await loadEngineParts(options));
  }

  /** What this engine serves. */
  get model(): ServedModel {
    const { manifest } = this.parts;
    return {
      id: manifest.id,
      revision: manifest.revision,
      contextTokens: this.contextTokens,
      tokensPerTile: manifest.tiles.tokens_per_tile,
      tileSizePixels: manifest.tiles.size_pixels,
      defaultMaxTiles: manifest.tiles.max,
      precision: manifest.precision,
      slotCount: this.slotCount,
      device: this.parts.device.id,
    };
  }

  /** What it holds in memory. */
  get memoryPlan(): MemoryPlan {
    return this.parts.memoryPlan;
  }

  /** Sequences that can be decoded at the same time. */
  get slotCount(): number {
    return this.parts.memoryPlan.classes.reduce((sum, slotClass) => sum + slotClass.slotCount, 0);
  }

  /** Token ids and tiles of a request without running it. Throws what {@link generate} would throw of the request alone. */
  plan(request: GenerationRequest): PlannedPrompt {
    resolveAnswerOptions(request);
    return planPrompt(this.planner, request);
  }

  /**
   * Answers a request. The answer does not depend on what else runs.
   * Throws GenerationParameterError and {@link ContextLengthExceededError} before any work; rejects with the signal's
   * reason as soon as it aborts, and with {@link EngineClosedError} when the engine is closed. No hook is called after that.
   */
  async generate(request: GenerationRequest): Promise<GenerationResult> {
    const startedAt = performance.now();
    if (this.closing.signal.aborted) throw new EngineClosedError();
    request.signal?.throwIfAborted();
    const options = resolveAnswerOptions(request);
    const prompt = await this.planning.run(priorityOf(request), () =>
      runInSlices(planPromptStepwise(this.planner, request), PLANNING_SLICE_MS),
    );
    const classIndex = this.classOf(prompt);
    const seed = options.sampling.seed ?? randomSeed();
    const answer = this.answerAll(request, { prompt, classIndex, startedAt, options, seed });
    const result = rejectOnAbort(answer, [request.signal, this.closing.signal]);
    this.active.add(result);
    try {
      return await result;
    } finally {
      this.active.delete(result);
    }
  }

  /** Fails what waits or runs, then frees everything. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.closed ??= this.closeOnce();
    return this.closed;
  }

  private async closeOnce(): Promise<void> {
    this.closing.abort(new EngineClosedError());
    await this.parts.scheduler.close();
    await Promise.allSettled(this.active);
    // Decoding or tiling that is still under way keeps what it uses until it ends.
    disposeInReverse(this.parts.disposables);
  }

  /** Each choice is a sequence of its own; they share what the caches hold of prompt and images. */
  private async answerAll(request: GenerationRequest, planned: PlannedRequest): Promise<GenerationResult> {
    const admission = this.admission[planned.classIndex] as PriorityLimit;
    let totalTokens = planned.prompt.tokenIds.length;
    const countToken = (): void => request.onUsage?.((totalTokens += 1));
    const answer = (index: number, signal: AbortSignal): Promise<FinishedChoice> =>
      admission.run(priorityOf(request), () =>
        this.answer(this.toChoice(index, request, planned), { request, planned, signal, countToken }),
      );
    const finished = await runTogether(planned.options.choiceCount, request.signal, answer);
    return toResult(finished, { ...this.parts, ...planned });
  }

  private toChoice(index: number, request: GenerationRequest, { options, seed }: PlannedRequest): Choice {
    const { manifest, tokenizer } = this.parts;
    const candidates = (): Candidates =>
      (this.candidates ??= new Candidates(manifest.language_model.vocabulary_size));
    return new Choice({ index, request, answer: options, seed: seed + BigInt(index), tokenizer, candidates });
  }

  private async answer(choice: Choice, turn: Turn): Promise<FinishedChoice> {
    const contents = turn.planned.prompt.images.flatMap(({ content }) => content ?? []);
    const leave = await this.parts.features.claim(contents);
    try {
      return await this.answerInTurn(choice, turn, leave);
    } finally {
      leave();
    }
  }

  /** @param imagesEncoded to be called as soon as others may use the features of the images. */
  private async answerInTurn(
    choice: Choice,
    { request, planned: { prompt, classIndex }, signal, countToken }: Turn,
    imagesEncoded: () => void,
  ): Promise<FinishedChoice> {
    const signals = [signal, this.closing.signal];
    const priority = priorityOf(request);
    const { images, preprocessMs } = await this.preparation.run(priority, async () => {
      const tilingFrom = performance.now();
      const prepared = await prepareImages(this.parts, { images: request.images, prompt, signals });
      return { images: prepared, preprocessMs: performance.now() - tilingFrom };
    });
    const preparedAt = performance.now();
    const hooks: SequenceHooks = {
      ...choice.hooks,
      onToken: (tokenId) => {
        countToken();
        return choice.hooks.onToken(tokenId);
      },
      onImagesEncoded: () => {
        this.keepFeatures(prompt, images);
        imagesEncoded();
      },
    };
    const sequence = new Sequence({ prompt, classIndex, priority, images, hooks, signal });
    this.parts.scheduler.submit(sequence);
    const finishReason = await sequence.finished;
    const finished = choice.finish(finishReason, sequence.tokenIds);
    return { sequence, choice: finished, preparedAt, preprocessMs };
  }

  private keepFeatures(prompt: PlannedPrompt, images: readonly SequenceImage[]): void {
    for (const [index, { heldFeatures }] of images.entries()) {
      const content = prompt.images[index]?.content;
      if (content !== undefined && heldFeatures !== undefined)
        this.parts.features.keep(content, heldFeatures);
    }
  }

  private get planner(): PromptPlanner {
    const { prefillChunkTokens } = this.parts.device;
    return { ...this.parts, prefillChunkTokens, contextTokens: this.contextTokens };
  }

  /** Positions of the longest slot. */
  private get contextTokens(): number {
    return Math.max(...this.parts.memoryPlan.classes.map((slotClass) => slotClass.capacityTokens));
  }

  private classOf(prompt: PlannedPrompt): number {
    const promptTokens = prompt.tokenIds.length;
    const index = classFor(this.parts.memoryPlan.classes, promptTokens + prompt.maxTokens);
    if (index === undefined) {
      const imageTokens = prompt.imageTokenPositions.length;
      throw new ContextLengthExceededError(promptTokens, imageTokens, prompt.maxTokens, this.contextTokens);
    }
    return index;
  }
}

function priorityOf({ priority = 'interactive' }: GenerationRequest): Priority {
  return priority;
}

/** Requests of a length class that may hold image memory. Batches leave room for an interactive one, as with its slots. */
function admittedTo(slotCount: number): Record<Priority, number> {
  const batch = ADMITTED_PER_SLOT * slotsOpenTo(slotCount).batch;
  return { interactive: Math.max(ADMITTED_PER_SLOT * slotCount, batch + 1), batch };
}
