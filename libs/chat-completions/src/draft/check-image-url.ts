import { TesseraError } from '@tessera/contracts';
import { checkUrl, type UrlRules } from '@tessera/safe-fetch';
import { ImageUrlInvalidError } from '../image.errors.js';
import { RefusedParameterError } from '../request.errors.js';

/** In characters: servers rarely take more, and it keeps records small. */
const LONGEST_URL = 8192;

/**
 * Checks what an image's http(s) URL shows by itself; nothing is resolved or fetched.
 * @throws {TesseraError} `image_url_invalid`, or `url_not_allowed` for an address off limits as written
 */
export function checkImageUrl(url: string, param: string, rules: UrlRules): void {
  if (url.length > LONGEST_URL) {
    throw new ImageUrlInvalidError(url, `${param}: a URL may have at most ${LONGEST_URL} characters`, param);
  }
  refuseFor(param, () => checkUrl(url, rules));
}

/** Names the field in whatever refusal `check` throws. */
export function refuseFor<Result>(param: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    throw error instanceof TesseraError ? new RefusedParameterError(error, param) : error;
  }
}
