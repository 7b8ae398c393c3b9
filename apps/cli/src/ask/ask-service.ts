import { randomUUID } from 'node:crypto';
import { TesseraError } from '@tessera/contracts';
import { type ImageArgument, readImageArgument } from '../images/image-argument.js';
import { serviceAddressOf } from '../options/service-address.js';
import { toMessages } from '../options/to-messages.js';
import { JobEndedError } from '../service/errors.js';
import { encodeJobForm, type ServiceImage } from '../service/job-form.js';
import { type ServiceJob } from '../service/schemas.js';
import { ServiceClient } from '../service/service-client.js';
import { INTERACTIVE_RETRIES } from '../service/with-retries.js';
import { type AnswerWriter } from './answer-writer.js';
import { type Question } from './run-ask.js';

/** What `--json` prints: as in this process, without what the service does not report. */
type ServiceAnswer = Pick<ServiceJob, 'usage' | 'tiles' | 'timings' | 'model'> &
  NonNullable<ServiceJob['output']>;

const WAIT_SECONDS = 30;

/** Has a service answer a question. Files are uploaded, URLs are fetched by the service. */
export async function askService(
  { images, options, config, writer }: Question,
  url: string,
): Promise<ServiceAnswer> {
  const client = new ServiceClient({
    ...serviceAddressOf({ ...options, url }, config),
    retries: INTERACTIVE_RETRIES,
  });
  const serviceImages: ServiceImage[] = [];
  for (const image of images) serviceImages.push(await toServiceImage(image, config.images));
  const form = await encodeJobForm({
    messages: toMessages(options.question, { imageCount: images.length, system: options.system }),
    images: serviceImages,
    model: options.model,
    maxTokens: options.maxTokens,
    maxTiles: options.maxTiles,
  });
  const idempotencyKey = randomUUID();
  const ended =
    writer === undefined
      ? await client.waitForEnd(await client.createJob(form, { idempotencyKey, waitSeconds: WAIT_SECONDS }))
      : await follow(client, await client.createJob(form, { idempotencyKey }), writer);
  return toAnswer(ended);
}

async function toServiceImage(
  image: ImageArgument,
  limits: Question['config']['images'],
): Promise<ServiceImage> {
  if (image.kind === 'url') return image;
  return { kind: 'bytes', bytes: await readImageArgument(image, limits) };
}

/** Writes the answer while it is made. A stream that fails costs the liveliness only: the job itself has the answer. */
async function follow(client: ServiceClient, job: ServiceJob, writer: AnswerWriter): Promise<ServiceJob> {
  try {
    for await (const event of client.streamEvents(job)) {
      if (event.type === 'job') return event.job;
      if (event.type === 'restart') writer.restart();
      else writer.push(event.text);
    }
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    process.stderr.write(`the answer is not shown as it comes: ${error.message}\n`);
  }
  return client.waitForEnd(job);
}

function toAnswer({ id, status, output, error, usage, tiles, timings, model }: ServiceJob): ServiceAnswer {
  if (output === null) throw new JobEndedError(id, status, error);
  return { ...output, usage, tiles, timings, model };
}
