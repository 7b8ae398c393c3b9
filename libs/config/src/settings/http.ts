import { z } from 'zod';
import { integerText, listText, setting } from '../setting.js';

const group = 'HTTP';

export const httpSettings = {
  HOST: setting({
    group,
    description: 'Address the API listens on. Beyond loopback only with TESSERA_ADMIN_KEY.',
    default: '127.0.0.1',
    schema: z.string().default('127.0.0.1'),
  }),
  PORT: setting({
    group,
    description: 'TCP port of the API; 0 takes a free one.',
    default: '8080',
    schema: integerText(0, 65_535).default(8080),
  }),
  TESSERA_PUBLIC_URL: setting({
    group,
    description:
      "Address clients reach the API at, used in a job's `urls`. Unset: the Host header of the request.",
    schema: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
  }),
  TESSERA_MODELS: setting({
    group,
    description: 'Model ids, between commas, that the API accepts though no worker announces them now.',
    default: '',
    schema: listText.default([]),
  }),
  TESSERA_MAX_BODY_BYTES: setting({
    group,
    description: 'Longest request body.',
    unit: 'bytes',
    default: '75000000',
    schema: integerText(1024, 1_000_000_000).default(75_000_000),
  }),
  TESSERA_MAX_STREAMS: setting({
    group,
    description:
      'Event streams that one API process holds open; where keys are asked for, at most half of them for one owner.',
    unit: 'streams',
    default: '256',
    schema: integerText(1, 100_000).default(256),
  }),
  TESSERA_MAX_WAIT_SECONDS: setting({
    group,
    description: 'Longest time that `Prefer: wait` is honoured for.',
    unit: 'seconds',
    default: '60',
    schema: integerText(0, 3600).default(60),
  }),
  TESSERA_MAX_CHAT_SECONDS: setting({
    group,
    description: 'Longest time that `POST /v1/chat/completions` waits for its answer; its job expires then.',
    unit: 'seconds',
    default: '600',
    schema: integerText(1, 86_400).default(600),
  }),
  TESSERA_REQUEST_TIMEOUT_MS: setting({
    group,
    description: 'Time in which a client must have sent its whole request.',
    unit: 'milliseconds',
    default: '120000',
    schema: integerText(1000, 3_600_000).default(120_000),
  }),
  TESSERA_HEADERS_TIMEOUT_MS: setting({
    group,
    description: 'Time in which a client must have sent its request headers.',
    unit: 'milliseconds',
    default: '15000',
    schema: integerText(1000, 600_000).default(15_000),
  }),
  TESSERA_SHUTDOWN_TIMEOUT_MS: setting({
    group,
    description: 'Time that requests in flight get to finish after SIGTERM.',
    unit: 'milliseconds',
    default: '10000',
    schema: integerText(0, 600_000).default(10_000),
  }),
};
