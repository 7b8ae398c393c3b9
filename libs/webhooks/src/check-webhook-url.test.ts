import { UrlNotAllowedError } from '@tessera/safe-fetch';
import { describe, expect, it } from 'vitest';
import { checkWebhookUrl } from './check-webhook-url.js';
import { WebhookUrlInvalidError } from './errors.js';

const nowhere = { allowedPrivateNetworks: [] };
const home = { allowedPrivateNetworks: ['10.0.0.0/8'] };

describe('checkWebhookUrl', () => {
  it('takes https, and http into an allowed network', () => {
    expect(checkWebhookUrl('https://example.com/hook', nowhere).href).toBe('https://example.com/hook');
    expect(checkWebhookUrl('http://10.1.2.3/hook', home).href).toBe('http://10.1.2.3/hook');
  });

  it.each([
    'http://example.com/',
    'http://10.1.2.3/',
    'not a URL',
    'ftp://example.com/',
    'https://a:b@example.com/',
  ])('takes %s for no webhook URL', (text) => {
    expect(() => checkWebhookUrl(text, nowhere)).toThrow(WebhookUrlInvalidError);
    expect(() => checkWebhookUrl(text, nowhere)).toThrow(
      expect.objectContaining({ code: 'invalid_value', retryable: false }) as Error,
    );
  });

  it.each(['https://127.0.0.1/', 'https://localhost/', 'http://8.8.8.8/', 'http://192.168.0.1/'])(
    'refuses the address %s',
    (text) => {
      expect(() => checkWebhookUrl(text, home)).toThrow(UrlNotAllowedError);
    },
  );
});
