import { z } from 'zod';
import { integerText, listText, setting } from '../setting.js';

const group = 'Images and outgoing requests';
/** A product name by RFC 9110, then anything printable. */
const USER_AGENT = /^[\w!#$%&'*+.^`|~-]+[\x20-\x7e]*$/;
const OPT_OUT_DIRECTIVES = 'noai,noimageai,noindex,noimageindex';
const OPT_OUT_SCOPES = ['bulk', 'all', 'none'] as const;
const cidr = z.union([z.cidrv4(), z.cidrv6()]);

export const imageSettings = {
  TESSERA_ALLOWED_PRIVATE_NETWORKS: setting({
    group,
    description: 'CIDR blocks, between commas, of private addresses that image and webhook URLs may reach.',
    default: '',
    schema: listText
      .refine(
        (blocks) => blocks.every((block) => cidr.safeParse(block).success),
        'must be CIDR blocks between commas, such as 10.0.0.0/8,fd00::/8',
      )
      .default([]),
  }),
  TESSERA_MAX_IMAGE_BYTES: setting({
    group,
    description: 'Largest encoded image.',
    unit: 'bytes',
    default: '20000000',
    schema: integerText(1, 1_000_000_000).default(20_000_000),
  }),
  TESSERA_MAX_JOB_IMAGE_BYTES: setting({
    group,
    description: 'Encoded images of one job together: a worker holds those of its slots and four more.',
    unit: 'bytes',
    default: '100000000',
    schema: integerText(1, 10_000_000_000).default(100_000_000),
  }),
  TESSERA_MAX_IMAGE_PIXELS: setting({
    group,
    description: 'Largest width times height of an image.',
    unit: 'pixels',
    default: '100000000',
    schema: integerText(1, 1_000_000_000).default(100_000_000),
  }),
  TESSERA_MAX_IMAGES_PER_JOB: setting({
    group,
    description: 'Images that one job may carry.',
    unit: 'images',
    default: '64',
    schema: integerText(1, 10_000).default(64),
  }),
  TESSERA_FETCH_TIMEOUT_MS: setting({
    group,
    description: 'Time that fetching one image may take, redirects included.',
    unit: 'milliseconds',
    default: '20000',
    schema: integerText(1, 600_000).default(20_000),
  }),
  TESSERA_FETCHES: setting({
    group,
    description: 'Image requests that one process makes at a time.',
    unit: 'requests',
    default: '64',
    schema: integerText(1, 10_000).default(64),
  }),
  TESSERA_FETCHES_PER_HOST: setting({
    group,
    description: 'Image requests that one process makes to one host at a time.',
    unit: 'requests',
    default: '6',
    schema: integerText(1, 1_000).default(6),
  }),
  TESSERA_FETCH_RATE_PER_HOST: setting({
    group,
    description: 'Image requests that one process begins to one host within a second. Unset: no limit.',
    unit: 'requests per second',
    schema: integerText(1, 10_000).optional(),
  }),
  TESSERA_DNS_CACHE_SECONDS: setting({
    group,
    description:
      'Time that the addresses of a host of images are remembered; they are checked for every connection.',
    unit: 'seconds',
    default: '60',
    schema: integerText(1, 86_400).default(60),
  }),
  TESSERA_USER_AGENT: setting({
    group,
    description:
      'What servers of images are told about who asks: a name and how to reach you, such as `MyLab (+https://lab.example/bot)`. `X-Robots-Tag` may call us by that name or `tessera`.',
    default: 'Tessera',
    schema: z
      .string()
      .regex(USER_AGENT, 'must begin with a name and have printable ASCII characters only')
      .default('Tessera'),
  }),
  TESSERA_OPT_OUT_DIRECTIVES: setting({
    group,
    description: 'Directives of `X-Robots-Tag`, between commas, that an image is left alone for.',
    default: OPT_OUT_DIRECTIVES,
    schema: listText
      .transform((directives) => directives.map((directive) => directive.toLowerCase()))
      .default(OPT_OUT_DIRECTIVES.split(',')),
  }),
  TESSERA_OPT_OUT_SCOPE: setting({
    group,
    description:
      'Whose images those directives count for: `bulk` (rows of batches and datasets), `all` (single jobs and chat completions, too) or `none`.',
    default: 'bulk',
    schema: z.enum(OPT_OUT_SCOPES, `must be one of ${OPT_OUT_SCOPES.join(', ')}`).default('bulk'),
  }),
};
