import { type Config } from '@tessera/config';
import {
  type ImageTiles,
  type JobTimings,
  type ModelReference,
  TesseraError,
  type Usage,
} from '@tessera/contracts';
import { type GenerationImage } from '@tessera/engine';
import { decodeImage, hashImage, probeImage } from '@tessera/media';
import { openEngine } from '../engine/open-engine.js';
import { toJobTimings } from '../engine/to-job-timings.js';
import { type ImageArgument, nameOf, readImageArgument } from '../images/image-argument.js';
import { toSampling } from '../options/sampling-options.js';
import { toMessages } from '../options/to-messages.js';
import { QuestionImageError } from './errors.js';
import { type Question } from './run-ask.js';

/** What `--json` prints. */
export interface EngineAnswer {
  text: string;
  /** The stop token left out. */
  token_ids: readonly number[];
  finish_reason: 'stop' | 'length';
  usage: Usage;
  tiles: readonly ImageTiles[];
  timings: JobTimings;
  model: ModelReference;
}

/** Answers a question with a model in this process. Images are read first: a bad one costs no loading of a model. */
export async function askEngine({ images, options, config, writer }: Question): Promise<EngineAnswer> {
  const startedAt = performance.now();
  const generationImages: GenerationImage[] = [];
  for (const image of images) generationImages.push(await loadImage(image, config.images, options.maxTiles));
  const fetchMs = performance.now() - startedAt;
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const engine = await openEngine({ config, model: options.model, slotCount: 1, log });
  try {
    const result = await engine.generate({
      messages: toMessages(options.question, { imageCount: images.length, system: options.system }),
      images: generationImages,
      ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
      ...toSampling(options),
      onText: (delta) => writer?.push(delta),
    });
    return {
      text: result.text,
      token_ids: result.tokenIds,
      finish_reason: result.finishReason,
      usage: result.usage,
      tiles: result.tiles,
      timings: toJobTimings(result.timings, fetchMs),
      model: result.model,
    };
  } finally {
    await engine.close();
  }
}

async function loadImage(
  image: ImageArgument,
  limits: Config['images'],
  maxTiles: number | undefined,
): Promise<GenerationImage> {
  const bytes = await readImageArgument(image, limits);
  try {
    const { width, height } = await probeImage(bytes, limits);
    const decode = () => decodeImage(bytes, limits).catch((error: unknown) => refuse(image, error));
    const contentHash = await hashImage(bytes);
    return { width, height, contentHash, decode, ...(maxTiles === undefined ? {} : { maxTiles }) };
  } catch (error) {
    return refuse(image, error);
  }
}

/** Errors of a decoder do not say which image they are about. */
function refuse(image: ImageArgument, error: unknown): never {
  throw error instanceof TesseraError ? new QuestionImageError(nameOf(image), error) : error;
}
