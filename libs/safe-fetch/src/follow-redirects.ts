import { describeUrl } from './check-url.js';
import { TooManyRedirectsError } from './errors.js';

const MAX_REDIRECTS = 5;

/** Goes from `first` where each `hop` leads, until one gives a result. */
export async function followRedirects<Result extends Uint8Array>(
  first: URL,
  hop: (url: URL) => Promise<Result | URL>,
): Promise<Result> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const result = await hop(url);
    if (!(result instanceof URL)) return result;
    url = result;
  }
  throw new TooManyRedirectsError(describeUrl(first), MAX_REDIRECTS);
}
