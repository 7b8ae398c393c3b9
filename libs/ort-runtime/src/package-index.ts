import {
  type HttpAnswer,
  type HttpClient,
  type Retries,
  UnusableAnswerError,
  withRetries,
} from '@tessera/download';
import { z } from 'zod';
import { ListedChecksumError, WheelNotListedError } from './errors.js';
import { type PinnedWheel } from './runtime-build.js';

/** The index of the Python packages, as pip uses it. */
export const DEFAULT_INDEX_URL = 'https://pypi.org/simple';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const LINK = /<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;
const SHA256_FRAGMENT = /^#sha256=([0-9a-f]{64})$/;

const projectSchema = z.object({
  files: z.array(
    z.object({ filename: z.string(), url: z.string(), hashes: z.record(z.string(), z.string()) }),
  ),
});

/** Where a file is, as an index says. */
interface Listing {
  readonly url: URL;
  readonly sha256: string | undefined;
}

/** A package index: JSON as PEP 691 has it, or pages of links as PEP 503 has them, which mirrors may have only. */
export class PackageIndex {
  constructor(
    private readonly http: HttpClient,
    private readonly retries: Retries,
  ) {}

  /**
   * Where a wheel is downloaded from.
   * @throws WheelNotListedError, ListedChecksumError; errors of `@tessera/download`
   */
  async locate(wheel: PinnedWheel): Promise<string> {
    const address = `${this.http.endpoint}/${encodeURIComponent(wheel.project)}/`;
    const listing = await withRetries(this.retries, () => this.find(address, wheel));
    if (listing.sha256 !== undefined && listing.sha256 !== wheel.sha256)
      throw new ListedChecksumError(address, wheel.fileName, wheel.sha256, listing.sha256);
    return listing.url.href;
  }

  private async find(address: string, { fileName, project, version }: PinnedWheel): Promise<Listing> {
    const { signal } = this.retries;
    const headers = { accept: `${JSON_TYPE}, text/html;q=0.1` };
    const answer = await this.http.get(address, { headers, signal });
    try {
      if (answer.status === 404) throw new WheelNotListedError(address, fileName, `it has no ${project}`);
      if (answer.status !== 200) throw new UnusableAnswerError(address, `HTTP ${answer.status}`);
      const listing = isHtml(answer)
        ? findLink(await answer.text(signal), answer.url, fileName)
        : findFile(await answer.json(signal), answer, fileName);
      if (listing !== undefined) return listing;
      throw new WheelNotListedError(address, fileName, `it has ${project}, not this file of ${version}`);
    } finally {
      answer.discard();
    }
  }
}

function isHtml(answer: HttpAnswer): boolean {
  return /^(text\/html|application\/vnd\.pypi\.simple\.v1\+html)\b/i.test(
    answer.header('content-type') ?? '',
  );
}

function findFile(json: unknown, answer: HttpAnswer, fileName: string): Listing | undefined {
  const outcome = projectSchema.safeParse(json);
  if (!outcome.success)
    throw new UnusableAnswerError(answer.address, z.prettifyError(outcome.error), { cause: outcome.error });
  const file = outcome.data.files.find(({ filename }) => filename === fileName);
  const url = file === undefined ? undefined : resolveUrl(file.url, answer.url);
  return url === undefined ? undefined : { url, sha256: file?.hashes.sha256 };
}

/** Only the name of what a link leads to is looked at: whatever it leads to, its content must be what is pinned. */
function findLink(html: string, base: URL, fileName: string): Listing | undefined {
  for (const [, double, single] of html.matchAll(LINK)) {
    const url = resolveUrl((double ?? single ?? '').replaceAll('&amp;', '&'), base);
    if (url === undefined || url.pathname.split('/').at(-1) !== encodeURIComponent(fileName)) continue;
    const [, sha256] = SHA256_FRAGMENT.exec(url.hash) ?? [];
    url.hash = '';
    return { url, sha256 };
  }
  return undefined;
}

function resolveUrl(text: string, base: URL): URL | undefined {
  if (!URL.canParse(text, base.href)) return undefined;
  const url = new URL(text, base.href);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}
