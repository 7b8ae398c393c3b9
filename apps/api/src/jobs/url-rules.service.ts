import { Inject, Injectable } from '@nestjs/common';
import { checkImageUrl, refuseFor } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { checkInputUrl, type InputObject } from '@tessera/storage';
import { checkWebhookUrl } from '@tessera/webhooks';
import { CONFIG } from '../tokens.js';

/** What URLs in a request may look like. Nothing is resolved or fetched here: that is for the worker and dispatcher. */
@Injectable()
export class UrlRulesService {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws {TesseraError} `image_url_invalid`, or `url_not_allowed` for an address off limits as written */
  checkImageUrl(url: string, param: string): void {
    checkImageUrl(url, param, this.config.network);
  }

  /** @throws {TesseraError} `image_url_invalid`, or `url_not_allowed` for a bucket that the operator does not allow */
  checkS3Url(url: string, param: string): InputObject {
    const { inputs, store } = this.config;
    return refuseFor(param, () => checkInputUrl(url, { ...inputs, store }));
  }

  /** @throws {RefusedParameterError} */
  checkWebhookUrl(url: string): void {
    refuseFor('webhook', () => checkWebhookUrl(url, this.config.network));
  }
}
