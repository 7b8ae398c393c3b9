import { checkUrl, UrlInvalidError, type UrlRules } from '@tessera/safe-fetch';
import { WebhookUrlInvalidError } from './errors.js';

/**
 * Checks what a webhook URL shows by itself: `https:`, or `http:` into an allowed private network.
 * @throws {WebhookUrlInvalidError} for what is not such a URL
 * @throws {UrlNotAllowedError} for an address off limits
 */
export function checkWebhookUrl(
  text: string,
  { allowedPrivateNetworks }: Pick<UrlRules, 'allowedPrivateNetworks'>,
): URL {
  try {
    return checkUrl(text, { allowedPrivateNetworks, httpsOnly: true });
  } catch (error) {
    if (error instanceof UrlInvalidError) throw new WebhookUrlInvalidError(error.reason, { cause: error });
    throw error;
  }
}
