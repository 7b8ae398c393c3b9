import { randomUUID } from 'node:crypto';
import { type Config } from '@tessera/config';
import { type ErrorCode, type ModelReference } from '@tessera/contracts';
import { type AskedImage, type AskOutcome, type Caption, type ImagePlace } from '@tessera/datasets';
import { serviceAddressOf } from '../options/service-address.js';
import { toMessages } from '../options/to-messages.js';
import { ServiceModelError, ServiceRefusedError } from '../service/errors.js';
import { encodeJobForm } from '../service/job-form.js';
import { type ServiceJob, type ServiceModel } from '../service/schemas.js';
import { ServiceClient } from '../service/service-client.js';
import { BULK_RETRIES, INTERACTIVE_RETRIES } from '../service/with-retries.js';
import { type CaptionAsker } from './caption-asker.js';
import { type CaptionOptions } from './caption-options.js';
import { type ImageReader } from './image-reader.js';

const WAIT_SECONDS = 30;
const DEFAULT_CONCURRENCY = 16;

/** Refusals that are about one image; any other would meet every image alike. */
const IMAGE_ERROR_CODES: readonly ErrorCode[] = [
  'image_unreadable',
  'image_too_large',
  'image_too_many_pixels',
  'image_url_invalid',
  'url_not_allowed',
  'context_length_exceeded',
  'request_too_large',
];

export interface ServiceAskerOptions {
  readonly url: string;
  readonly config: Config;
  readonly options: CaptionOptions;
  readonly reader: ImageReader;
}

/**
 * Asks a service: one job a row, of low priority, so that people who wait come first. What the service can fetch itself
 * goes as its URL, everything else is uploaded.
 */
export class ServiceAsker implements CaptionAsker {
  private constructor(
    private readonly settings: ServiceAskerOptions,
    readonly model: ModelReference,
  ) {}

  /** @throws {ServiceModelError} it is not clear which model answers, or none does now */
  static async open(settings: ServiceAskerOptions): Promise<ServiceAsker> {
    const { url, config, options } = settings;
    // Once the run is under way it bears with more; a wrong address should show at once.
    const models = await new ServiceClient({
      ...serviceAddressOf({ ...options, url }, config),
      retries: INTERACTIVE_RETRIES,
    }).listModels();
    return new ServiceAsker(settings, chooseModel(url, models, options.model));
  }

  get place(): string {
    return this.settings.url;
  }

  get concurrency(): number {
    return this.settings.options.concurrency ?? DEFAULT_CONCURRENCY;
  }

  get takesUrls(): boolean {
    return this.settings.options.uploadUrls !== true;
  }

  read(place: ImagePlace, signal: AbortSignal): Promise<Uint8Array> {
    return this.settings.reader.read(place, signal);
  }

  async ask(
    { image, prompt }: { image: AskedImage; prompt: string },
    signal: AbortSignal,
  ): Promise<AskOutcome> {
    try {
      return toOutcome(await this.askJob(image, prompt, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!isAboutTheImage(error)) throw error;
      const { code, refusal } = error;
      return { kind: 'failed', error: { code, message: refusal.message }, width: null, height: null };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async askJob(image: AskedImage, prompt: string, signal: AbortSignal): Promise<ServiceJob> {
    const { url, config, options } = this.settings;
    const { system, maxTokens, maxTiles } = options;
    const client = new ServiceClient({
      ...serviceAddressOf({ ...options, url }, config),
      retries: BULK_RETRIES,
      signal,
    });
    const form = await encodeJobForm({
      messages: toMessages(prompt, { imageCount: 1, system }),
      images: [image],
      model: this.model.id,
      maxTokens,
      maxTiles,
      priority: 'low',
    });
    const created = await client.createJob(form, { idempotencyKey: randomUUID(), waitSeconds: WAIT_SECONDS });
    return client.waitForEnd(created);
  }
}

function chooseModel(
  url: string,
  models: readonly ServiceModel[],
  wanted: string | undefined,
): ModelReference {
  const candidates = wanted === undefined ? models : models.filter(({ id }) => id === wanted);
  const refuse = (reason: string): never => {
    throw new ServiceModelError(
      url,
      reason,
      models.map(({ id }) => id),
    );
  };
  const [model, ...others] = candidates;
  if (model === undefined) return refuse(`there is no model ${wanted ?? 'to ask'}`);
  if (others.length > 0) return refuse('say with --model which model is to answer');
  const { id, revision } = model;
  if (typeof revision !== 'string') return refuse(`no worker serves ${id} now, so its revision is not known`);
  return { id, revision };
}

function isAboutTheImage(error: unknown): error is ServiceRefusedError {
  return error instanceof ServiceRefusedError && IMAGE_ERROR_CODES.includes(error.code);
}

function toOutcome(job: ServiceJob): AskOutcome {
  const { output, error, usage, timings, status, model } = job;
  const { width, height, tiles } = measuresOf(job);
  if (output === null || model.revision === null) {
    const failure = error ?? { code: 'internal_error' as const, message: `the job ended ${status}` };
    return { kind: 'failed', error: failure, width, height };
  }
  return {
    kind: 'completed',
    width,
    height,
    caption: output.text,
    finishReason: output.finish_reason,
    tiles,
    promptTokens: usage?.prompt_tokens ?? null,
    completionTokens: usage?.completion_tokens ?? null,
    timings,
    model: { id: model.id, revision: model.revision },
  };
}

function measuresOf({ tiles }: ServiceJob): Pick<Caption, 'width' | 'height' | 'tiles'> {
  const { width = null, height = null } = tiles?.[0] ?? {};
  return { width, height, tiles: tiles?.reduce((sum, image) => sum + image.tiles, 0) ?? null };
}
