import { type Config } from '@tessera/config';
import { TesseraError } from '@tessera/contracts';
import { type AskedImage, type AskOutcome, type ImagePlace } from '@tessera/datasets';
import { type Engine, type GenerationImage, type GenerationRequest } from '@tessera/engine';
import { decodeImage, type ImageSize, probeImage } from '@tessera/media';
import { openEngine } from '../engine/open-engine.js';
import { toJobTimings } from '../engine/to-job-timings.js';
import { toSampling } from '../options/sampling-options.js';
import { toMessages } from '../options/to-messages.js';
import { type CaptionAsker } from './caption-asker.js';
import { type CaptionOptions } from './caption-options.js';
import { FailureStreak } from './failure-streak.js';
import { type ImageReader } from './image-reader.js';

/** Images in flight per slot: one that is decoded by the model, one that is read and tiled meanwhile. */
const IMAGES_PER_SLOT = 2;

type ImageBytes = Extract<AskedImage, { kind: 'bytes' }>;

export interface EngineAskerOptions {
  readonly config: Config;
  readonly options: CaptionOptions;
  readonly reader: ImageReader;
  /** Told what takes long, for people. */
  readonly log: (line: string) => void;
}

/** Asks a model in this process. */
export class EngineAsker implements CaptionAsker {
  readonly place = 'this process';
  readonly takesUrls = false;
  private readonly failures: FailureStreak;

  private constructor(
    private readonly engine: Engine,
    private readonly settings: EngineAskerOptions,
  ) {
    // More than can fail together: all that is in flight, twice.
    this.failures = new FailureStreak(2 * this.concurrency);
  }

  static async open(settings: EngineAskerOptions): Promise<EngineAsker> {
    const { config, options, log } = settings;
    const engine = await openEngine({ config, model: options.model, slotCount: config.worker.slots, log });
    return new EngineAsker(engine, settings);
  }

  get model() {
    const { id, revision } = this.engine.model;
    return { id, revision };
  }

  get concurrency(): number {
    return this.engine.slotCount * IMAGES_PER_SLOT;
  }

  read(place: ImagePlace, signal: AbortSignal): Promise<Uint8Array> {
    return this.settings.reader.read(place, signal);
  }

  async ask(
    { image, prompt }: { image: AskedImage; prompt: string },
    signal: AbortSignal,
  ): Promise<AskOutcome> {
    if (image.kind === 'url') throw new TypeError('an engine in this process is asked about bytes');
    let size: Partial<ImageSize> = {};
    try {
      size = await probeImage(image.bytes, this.settings.config.images);
      const outcome = await this.generate(image, { size: size as ImageSize, prompt, signal });
      this.failures.end();
      return outcome;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TesseraError)) throw error;
      this.failures.add(error);
      return { kind: 'failed', error, width: size.width ?? null, height: size.height ?? null };
    }
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  private async generate(
    image: ImageBytes,
    { size, prompt, signal }: { size: ImageSize; prompt: string; signal: AbortSignal },
  ): Promise<AskOutcome> {
    const images = [this.toGenerationImage(image, size)];
    const result = await this.engine.generate({ ...this.toRequest(prompt), images, signal });
    return {
      kind: 'completed',
      width: size.width,
      height: size.height,
      caption: result.text,
      finishReason: result.finishReason,
      tiles: result.tiles.reduce((sum, { tiles }) => sum + tiles, 0),
      promptTokens: result.usage.prompt_tokens,
      completionTokens: result.usage.completion_tokens,
      timings: { ...toJobTimings(result.timings, image.readMs) },
      model: result.model,
    };
  }

  private toRequest(prompt: string): Omit<GenerationRequest, 'images'> {
    const { system, maxTokens } = this.settings.options;
    return {
      messages: toMessages(prompt, { imageCount: 1, system }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...toSampling(this.settings.options),
    };
  }

  private toGenerationImage(
    { bytes, sha256 }: ImageBytes,
    { width, height }: Pick<ImageSize, 'width' | 'height'>,
  ): GenerationImage {
    const { maxTiles } = this.settings.options;
    return {
      width,
      height,
      contentHash: sha256,
      decode: () => decodeImage(bytes, this.settings.config.images),
      ...(maxTiles === undefined ? {} : { maxTiles }),
    };
  }
}
