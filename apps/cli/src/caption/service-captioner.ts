import { randomUUID } from 'node:crypto';
import { type Config } from '@tessera/config';
import { type ErrorCode, type ModelReference, TesseraError } from '@tessera/contracts';
import { serviceAddressOf } from '../options/service-address.js';
import { toMessages } from '../options/to-messages.js';
import { ServiceModelError, ServiceRefusedError } from '../service/errors.js';
import { encodeJobForm } from '../service/job-form.js';
import { type ServiceJob, type ServiceModel } from '../service/schemas.js';
import { ServiceClient } from '../service/service-client.js';
import { BULK_RETRIES, INTERACTIVE_RETRIES } from '../service/with-retries.js';
import { type CaptionOptions } from './caption-command.js';
import { type Captioner, type CaptionOutcome, type ImageFacts } from './captioner.js';
import { loadImageFile } from './load-image-file.js';
import { type ImageFile } from './walk-images.js';

const WAIT_SECONDS = 30;
const DEFAULT_CONCURRENCY = 16;

/** Refusals that are about one image; any other would meet every image alike. */
const IMAGE_ERROR_CODES: readonly ErrorCode[] = [
  'image_unreadable',
  'image_too_large',
  'image_too_many_pixels',
  'context_length_exceeded',
  'request_too_large',
];

/** Captions through a service: one job an image, of low priority, so that people who wait come first. */
export class ServiceCaptioner implements Captioner {
  private constructor(
    private readonly url: string,
    private readonly config: Config,
    private readonly options: CaptionOptions,
    readonly model: ModelReference,
  ) {}

  /** @throws {ServiceModelError} it is not clear which model answers, or none does now */
  static async open(url: string, config: Config, options: CaptionOptions): Promise<ServiceCaptioner> {
    // Once the run is under way it bears with more; a wrong address should show at once.
    const models = await new ServiceClient({
      ...serviceAddressOf({ ...options, url }, config),
      retries: INTERACTIVE_RETRIES,
    }).listModels();
    return new ServiceCaptioner(url, config, options, chooseModel(url, models, options.model));
  }

  get place(): string {
    return this.url;
  }

  get concurrency(): number {
    return this.options.concurrency ?? DEFAULT_CONCURRENCY;
  }

  async caption(image: ImageFile, signal: AbortSignal): Promise<CaptionOutcome> {
    const facts: ImageFacts = { sha256: null, width: null, height: null };
    try {
      const { bytes, sha256 } = await loadImageFile(image, this.config.images.maxBytes);
      facts.sha256 = sha256;
      return toOutcome(await this.ask(bytes, signal), facts);
    } catch (error) {
      signal.throwIfAborted();
      if (!isAboutTheImage(error)) throw error;
      return { kind: 'failed', error: { code: error.code, message: messageOf(error) }, ...facts };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async ask(bytes: Uint8Array, signal: AbortSignal): Promise<ServiceJob> {
    const client = new ServiceClient({
      ...serviceAddressOf({ ...this.options, url: this.url }, this.config),
      retries: BULK_RETRIES,
      signal,
    });
    const { question, system, maxTokens, maxTiles } = this.options;
    const form = await encodeJobForm({
      messages: toMessages(question, { imageCount: 1, system }),
      images: [{ kind: 'bytes', bytes }],
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

function isAboutTheImage(error: unknown): error is TesseraError {
  if (error instanceof ServiceRefusedError) return IMAGE_ERROR_CODES.includes(error.code);
  // Reading the file.
  return error instanceof TesseraError && error.code.startsWith('image_');
}

function messageOf(error: TesseraError): string {
  return error instanceof ServiceRefusedError ? error.refusal.message : error.message;
}

function toOutcome(job: ServiceJob, facts: ImageFacts): CaptionOutcome {
  const { output, error, usage, tiles, timings, status, model } = job;
  const first = tiles?.[0];
  const known = first === undefined ? facts : { ...facts, width: first.width, height: first.height };
  if (output === null || model.revision === null) {
    const failure = error ?? { code: 'internal_error' as const, message: `the job ended ${status}` };
    return { kind: 'failed', error: failure, ...known };
  }
  return {
    kind: 'completed',
    ...known,
    caption: output.text,
    finishReason: output.finish_reason,
    tiles: tiles?.reduce((sum, image) => sum + image.tiles, 0) ?? null,
    promptTokens: usage?.prompt_tokens ?? null,
    completionTokens: usage?.completion_tokens ?? null,
    timings,
    model: { id: model.id, revision: model.revision },
  };
}
