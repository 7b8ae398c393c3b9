import { z } from 'zod';
import { listText, setting } from '../setting.js';

const group = 'Model hub';
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** As other programs read it: a proxy without a scheme is spoken to over HTTP. */
const proxyText = z.string().transform((text) => (SCHEME.test(text) ? text : `http://${text}`));

export const hubSettings = {
  HF_ENDPOINT: setting({
    group,
    description:
      'Hub that `tessera model pull` downloads from: Hugging Face, or a mirror that speaks as it does.',
    default: 'https://huggingface.co',
    schema: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .transform((url) => url.replace(/\/+$/, ''))
      .default('https://huggingface.co'),
  }),
  HF_TOKEN: setting({
    group,
    description: 'Access token for private and gated models. It is sent to the hub alone.',
    secret: true,
    schema: z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]+$/, 'must be printable characters without spaces')
      .optional(),
  }),
  HTTP_PROXY: setting({
    group,
    alias: 'http_proxy',
    description:
      'Proxy for `http:` addresses of the hub and of the package index. `http_proxy` means the same.',
    secret: true,
    schema: proxyText.optional(),
  }),
  HTTPS_PROXY: setting({
    group,
    alias: 'https_proxy',
    description:
      'Proxy for `https:` addresses of the hub and of the package index. `https_proxy` means the same.',
    secret: true,
    schema: proxyText.optional(),
  }),
  NO_PROXY: setting({
    group,
    alias: 'no_proxy',
    description: 'Hosts, between commas, that are reached without a proxy. `no_proxy` means the same.',
    default: '',
    schema: listText.default([]),
  }),
};
