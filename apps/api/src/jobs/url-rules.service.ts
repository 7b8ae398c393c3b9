import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { TesseraError } from '@tessera/contracts';
import { checkUrl } from '@tessera/safe-fetch';
import { checkWebhookUrl } from '@tessera/webhooks';
import { ImageUrlInvalidError } from '../errors/job.errors.js';
import { RefusedParameterError } from '../errors/request.errors.js';
import { CONFIG } from '../tokens.js';

/** In characters: servers rarely take more, and it keeps records small. */
const LONGEST_URL = 8192;

/** What URLs in a request may look like. Nothing is resolved or fetched here: that is for the worker and dispatcher. */
@Injectable()
export class UrlRulesService {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws {TesseraError} `image_url_invalid`, or `url_not_allowed` for an address off limits as written */
  checkImageUrl(url: string, param: string): void {
    if (url.length > LONGEST_URL) {
      const rule = `${param}: a URL may have at most ${LONGEST_URL} characters`;
      throw new ImageUrlInvalidError(url, rule, param);
    }
    refuseFor(param, () => checkUrl(url, this.config.network));
  }

  /** @throws {RefusedParameterError} */
  checkWebhookUrl(url: string): void {
    refuseFor('webhook', () => checkWebhookUrl(url, this.config.network));
  }
}

/** Names the field in whatever refusal `check` throws. */
function refuseFor(param: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw error instanceof TesseraError ? new RefusedParameterError(error, param) : error;
  }
}
