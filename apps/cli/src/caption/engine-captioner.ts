import { type Config } from '@tessera/config';
import { TesseraError } from '@tessera/contracts';
import { type Engine, type GenerationImage, type GenerationRequest } from '@tessera/engine';
import { decodeImage, probeImage } from '@tessera/media';
import { openEngine } from '../engine/open-engine.js';
import { toJobTimings } from '../engine/to-job-timings.js';
import { toSampling } from '../options/sampling-options.js';
import { toMessages } from '../options/to-messages.js';
import { type CaptionOptions } from './caption-command.js';
import { type Captioner, type CaptionOutcome, type ImageFacts } from './captioner.js';
import { FailureStreak } from './failure-streak.js';
import { loadImageFile } from './load-image-file.js';
import { type ImageFile } from './walk-images.js';

/** Images in flight per slot: one that is decoded by the model, one that is read and tiled meanwhile. */
const IMAGES_PER_SLOT = 2;

/** Captions with a model in this process. */
export class EngineCaptioner implements Captioner {
  readonly place = 'this process';
  private readonly request: Omit<GenerationRequest, 'images'>;
  private readonly failures: FailureStreak;

  private constructor(
    private readonly engine: Engine,
    private readonly config: Config,
    private readonly options: CaptionOptions,
  ) {
    this.request = {
      messages: toMessages(options.question, { imageCount: 1, system: options.system }),
      ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
      ...toSampling(options),
    };
    // More than can fail together: all that is in flight, twice.
    this.failures = new FailureStreak(2 * this.concurrency);
  }

  static async open(
    config: Config,
    options: CaptionOptions,
    log: (line: string) => void,
  ): Promise<EngineCaptioner> {
    const slotCount = config.worker.slots;
    const engine = await openEngine({ config, model: options.model, slotCount, log });
    return new EngineCaptioner(engine, config, options);
  }

  get model() {
    const { id, revision } = this.engine.model;
    return { id, revision };
  }

  get concurrency(): number {
    return this.engine.slotCount * IMAGES_PER_SLOT;
  }

  async caption(image: ImageFile, signal: AbortSignal): Promise<CaptionOutcome> {
    const facts: ImageFacts = { sha256: null, width: null, height: null };
    try {
      const outcome = await this.generate(image, facts, signal);
      this.failures.end();
      return outcome;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TesseraError)) throw error;
      this.failures.add(error);
      return { kind: 'failed', error, ...facts };
    }
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  private async generate(image: ImageFile, facts: ImageFacts, signal: AbortSignal): Promise<CaptionOutcome> {
    const startedAt = performance.now();
    const { bytes, sha256 } = await loadImageFile(image, this.config.images.maxBytes);
    facts.sha256 = sha256;
    const { width, height } = await probeImage(bytes, this.config.images);
    Object.assign(facts, { width, height });
    const fetchMs = performance.now() - startedAt;
    const images = [this.toGenerationImage(bytes, { width, height, contentHash: sha256 })];
    const result = await this.engine.generate({ ...this.request, images, signal });
    return {
      kind: 'completed',
      ...facts,
      caption: result.text,
      finishReason: result.finishReason,
      tiles: result.tiles.reduce((sum, { tiles }) => sum + tiles, 0),
      promptTokens: result.usage.prompt_tokens,
      completionTokens: result.usage.completion_tokens,
      timings: { ...toJobTimings(result.timings, fetchMs) },
      model: result.model,
    };
  }

  private toGenerationImage(
    bytes: Uint8Array,
    facts: Pick<GenerationImage, 'width' | 'height' | 'contentHash'>,
  ): GenerationImage {
    const { maxTiles } = this.options;
    return {
      ...facts,
      decode: () => decodeImage(bytes, this.config.images),
      ...(maxTiles === undefined ? {} : { maxTiles }),
    };
  }
}
