import { z } from 'zod';
import {
  type HttpAnswer,
  type HttpClient,
  type RemoteFile,
  type Retries,
  UnusableAnswerError,
  withRetries,
} from '@tessera/download';
import { RepositoryAccessError, RepositoryNotFoundError, RevisionNotFoundError } from './errors.js';
import { parseRepositoryName } from './repository-name.js';

/** A listing has a thousand files a page, or so. */
const MAX_PAGES = 1000;
const NEXT_LINK = /<([^>]+)>\s*;[^,]*\brel="?next"?/i;

const commitSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });
const sizeSchema = z.number().int().nonnegative();
const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: sizeSchema.optional(),
    oid: z.string().optional(),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: sizeSchema }).optional(),
  }),
);

/** One model repository of a hub. */
export class HubRepository {
  private readonly parts: readonly string[];

  /** @throws HubOptionError when `name` is no name of a repository */
  constructor(
    private readonly http: HttpClient,
    readonly name: string,
    private readonly retries: Retries,
  ) {
    this.parts = parseRepositoryName(name);
  }

  /** The commit that a branch, tag or (part of a) commit stands for now. */
  async resolveCommit(revision: string): Promise<string> {
    const url = `${this.apiUrl}/revision/${encodeURIComponent(revision)}`;
    return withRetries(this.retries, async () => {
      const answer = await this.ask(url, revision);
      return parse(commitSchema, await answer.json(this.retries.signal), answer).sha;
    });
  }

  /** Every file of a commit. */
  async listFiles(commit: string): Promise<RemoteFile[]> {
    const files: RemoteFile[] = [];
    let url: string | undefined = `${this.apiUrl}/tree/${commit}?recursive=true`;
    for (let pages = 0; url !== undefined; pages += 1) {
      if (pages === MAX_PAGES)
        throw new UnusableAnswerError(url, `its listing has more than ${MAX_PAGES} pages`);
      const page: Page = await this.listPage(url, commit);
      files.push(...page.files);
      url = page.next;
    }
    return files;
  }

  /** Where a file of a commit is downloaded from. */
  fileUrl(commit: string, path: string): string {
    const steps = [...this.parts, 'resolve', commit, ...path.split('/')].map(encodeURIComponent);
    return `${this.http.endpoint}/${steps.join('/')}`;
  }

  /** The error that a refused download means. */
  refusal(answer: HttpAnswer, revision: string): Error {
    const { name, http } = this;
    const { status, reason } = answer;
    if (status === 401 || status === 403)
      return new RepositoryAccessError(name, http.endpoint, status, { hasToken: http.hasToken, reason });
    if (status !== 404) return new UnusableAnswerError(answer.address, `HTTP ${status}`);
    const code = answer.header('x-error-code');
    if (code === 'RevisionNotFound') return new RevisionNotFoundError(name, revision);
    if (code === 'EntryNotFound')
      return new UnusableAnswerError(answer.address, 'a file that it lists is not there');
    return new RepositoryNotFoundError(name, http.endpoint);
  }

  private get apiUrl(): string {
    return `${this.http.endpoint}/api/models/${this.parts.map(encodeURIComponent).join('/')}`;
  }

  private async listPage(url: string, commit: string): Promise<Page> {
    return withRetries(this.retries, async () => {
      const answer = await this.ask(url, commit);
      const entries = parse(treeSchema, await answer.json(this.retries.signal), answer);
      const next = NEXT_LINK.exec(answer.header('link') ?? '')?.[1];
      return {
        files: entries.filter(({ type }) => type === 'file').map((entry) => toListedFile(entry, answer)),
        next: next === undefined ? undefined : new URL(next, answer.url).href,
      };
    });
  }

  private async ask(url: string, revision: string): Promise<HttpAnswer> {
    const { signal } = this.retries;
    const answer = await this.http.get(url, { headers: { accept: 'application/json' }, signal });
    if (answer.status === 200) return answer;
    answer.discard();
    throw this.refusal(answer, revision);
  }
}

interface Page {
  readonly files: readonly RemoteFile[];
  readonly next: string | undefined;
}

function toListedFile(
  { path, size, oid, lfs }: z.output<typeof treeSchema>[number],
  answer: HttpAnswer,
): RemoteFile {
  if (lfs !== undefined) return { path, bytes: lfs.size, checksum: { algorithm: 'sha256', hex: lfs.oid } };
  if (size === undefined || oid === undefined || !/^[0-9a-f]{40}$/.test(oid))
    throw new UnusableAnswerError(
      answer.address,
      `${JSON.stringify(path)} is listed without size or checksum`,
    );
  return { path, bytes: size, checksum: { algorithm: 'git-blob-sha1', hex: oid } };
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  answer: HttpAnswer,
): z.output<Schema> {
  const outcome = schema.safeParse(json);
  if (outcome.success) return outcome.data;
  throw new UnusableAnswerError(answer.address, z.prettifyError(outcome.error), { cause: outcome.error });
}
