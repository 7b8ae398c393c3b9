import { Inject, Injectable } from '@nestjs/common';
import { checkImageUrl, refuseFor } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
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

  /** @throws {RefusedParameterError} */
  checkWebhookUrl(url: string): void {
    refuseFor('webhook', () => checkWebhookUrl(url, this.config.network));
  }
}
