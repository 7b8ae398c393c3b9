import { z } from 'zod';
import { integerText, listText, setting } from '../setting.js';

const group = 'Images and outgoing requests';
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
};
