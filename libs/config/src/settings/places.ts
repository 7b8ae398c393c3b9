import { PRECISIONS, PREFILL_FORMATS } from '@tessera/contracts';
import { z } from 'zod';
import { integerText, setting } from '../setting.js';

const group = 'Places';
const REDIS_URL = { protocol: /^rediss?$/, error: 'must be a redis: or rediss: URL' };
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const WEBHOOK_SECRET_RULE = 'must be whsec_ and the base64 text of 24 to 64 bytes';

export const placeSettings = {
  REDIS_URL: setting({
    group,
    description:
      'Redis that holds the live state. Unset: `tessera up` starts a private one, every other process takes redis://127.0.0.1:6379.',
    secret: true,
    schema: z.url(REDIS_URL).optional(),
  }),
  TESSERA_QUEUE_PREFIX: setting({
    group,
    description: 'First part of every Redis key, so that several systems may share one Redis.',
    default: 'tessera',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
      .default('tessera'),
  }),
  TESSERA_DATA_DIR: setting({
    group,
    description: 'Folder for everything Tessera keeps on this machine.',
    default: '.tessera',
    schema: z.string().default('.tessera'),
  }),
  TESSERA_CAPTION_CACHE_BYTES: setting({
    group,
    description:
      'Room for captions that `tessera caption` keeps to spare asking again, in <data dir>/captions; deleting that folder forgets them.',
    unit: 'bytes',
    default: '2000000000',
    schema: integerText(1_000_000, 1_000_000_000_000).default(2_000_000_000),
  }),
  TESSERA_RUNTIME_DIR: setting({
    group,
    description:
      'Folder of what `tessera runtime install` installs: builds of ONNX Runtime, each in a folder of its own version.',
    default: '<data dir>/runtime',
    schema: z.string().optional(),
  }),
  TESSERA_MODEL: setting({
    group,
    description: 'Folder of a Hugging Face checkpoint, or of a converted model.',
    default: 'the small model of the checkout',
    schema: z.string().optional(),
  }),
  TESSERA_PRECISION: setting({
    group,
    description: `Number format of the weights that a checkpoint given as TESSERA_MODEL is converted to: ${PRECISIONS.join(', ')}. A converted model keeps its own.`,
    default: 'fp32',
    schema: z.enum(PRECISIONS, `must be one of ${PRECISIONS.join(', ')}`).default('fp32'),
  }),
  TESSERA_PREFILL: setting({
    group,
    description: `How such a model computes prompts: ${PREFILL_FORMATS.join(', ')}. int8 is the fastest on a CPU and takes memory for a second copy of the layers' weights; same is as it decodes.`,
    default: 'same',
    schema: z.enum(PREFILL_FORMATS, `must be one of ${PREFILL_FORMATS.join(', ')}`).default('same'),
  }),
  TESSERA_WEBHOOK_SECRET: setting({
    group,
    description: 'Secret that signs webhooks. Unset: one is made at first start and kept in the data folder.',
    secret: true,
    schema: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, WEBHOOK_SECRET_RULE)
      .refine(holdsTwentyFourToSixtyFourBytes, WEBHOOK_SECRET_RULE)
      .optional(),
  }),
  TESSERA_LOG_LEVEL: setting({
    group,
    description: `Least severe level that is logged: ${LOG_LEVELS.join(', ')}.`,
    default: 'info',
    schema: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  }),
};

function holdsTwentyFourToSixtyFourBytes(secret: string): boolean {
  const { length } = Buffer.from(secret.replace('whsec_', ''), 'base64');
  return length >= 24 && length <= 64;
}
