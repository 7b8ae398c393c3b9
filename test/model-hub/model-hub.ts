import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Exchange, type Fault, refuse, serveFile } from './served-file.js';

/** A file of a repository; `lfs` files lie in the store, on another origin. */
export interface HubFile {
  readonly content: Buffer;
  readonly lfs?: boolean;
}

export interface SeenRequest {
  readonly server: 'hub' | 'store';
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly atMs: number;
  /** The file whose content it was answered with. */
  content: string | undefined;
}

interface Commit {
  readonly repository: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

const PAGE_SIZE = 3;
const DOWNLOAD = /^\/.+\/resolve\/([0-9a-f]{40})\/([^/]+)$/;
const API = /^\/api\/models\/(.+)\/(revision|tree)\/([^/]+)$/;

/**
 * Plays a model hub and its store on two local ports: listings in pages, redirects of large files to the store, ranges,
 * entity tags, tokens. Faults are planned by file name, or `revision` and `tree` for the listing, and happen once each.
 */
export class ModelHub {
  readonly requests: SeenRequest[] = [];
  /** Emits the name of a file when its content is asked for. */
  readonly served = new EventEmitter();
  /** Asked for on every request once set. */
  token: string | undefined;
  /** Names that the listing holds beside those that were published, as a hostile hub may. */
  readonly extraEntries: unknown[] = [];
  private readonly hub = createServer((request, response) => this.answerHub({ request, response }));
  private readonly store = createServer((request, response) => this.answerStore({ request, response }));
  private readonly commits = new Map<string, Commit>();
  private readonly branches = new Map<string, string>();
  private readonly faults = new Map<string, Fault[]>();

  async start(): Promise<void> {
    for (const server of [this.hub, this.store]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.store]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  get endpoint(): string {
    return originOf(this.hub);
  }

  /** Makes a commit of these files the newest of a branch; gives its id. */
  publish(repository: string, files: Record<string, HubFile>, branch = 'main'): string {
    const commit = createHash('sha1').update(`${repository} ${this.commits.size}`).digest('hex');
    this.commits.set(commit, { repository, files: new Map(Object.entries(files)) });
    this.branches.set(`${repository} ${branch}`, commit);
    return commit;
  }

  /** The next requests for `name` go wrong, in this order. */
  plan(name: string, ...faults: Fault[]): void {
    this.faults.set(name, [...(this.faults.get(name) ?? []), ...faults]);
  }

  /** Requests for the content of a file, from whichever server sends it. */
  downloadsOf(name: string): SeenRequest[] {
    return this.requests.filter((request) => request.content === name);
  }

  private answerHub(exchange: Exchange): void {
    const { pathname, searchParams } = this.note('hub', exchange);
    if (this.token !== undefined && exchange.request.headers.authorization !== `Bearer ${this.token}`) {
      exchange.response.writeHead(401, { 'x-error-message': 'Invalid username or password.' }).end();
      return;
    }
    const [, id, name] = DOWNLOAD.exec(pathname) ?? [];
    if (id !== undefined && name !== undefined) return this.answerDownload(exchange, id, name);
    const [, repository, kind, revision] = API.exec(pathname) ?? [];
    if (repository === undefined || kind === undefined || revision === undefined)
      exchange.response.writeHead(404).end();
    else this.answerApi(exchange, { repository, kind, revision: decodeURIComponent(revision) }, searchParams);
  }

  private answerApi(
    exchange: Exchange,
    { repository, kind, revision }: Record<'repository' | 'kind' | 'revision', string>,
    search: URLSearchParams,
  ): void {
    const fault = this.takeFault(kind);
    if (fault?.kind === 'status' || fault?.kind === 'reset') return refuse(exchange, fault);
    const commit = this.idOf(repository, revision);
    if (commit === undefined) this.answerMissing(exchange, repository);
    else if (kind === 'revision') sendJson(exchange, { id: repository, sha: commit });
    else this.answerTree(exchange, commit, Number(search.get('cursor') ?? 0));
  }

  private answerMissing({ response }: Exchange, repository: string): void {
    const isKnown = [...this.commits.values()].some((commit) => commit.repository === repository);
    const code = isKnown ? 'RevisionNotFound' : 'RepoNotFound';
    response.writeHead(404, { 'x-error-code': code }).end();
  }

  private answerTree(exchange: Exchange, id: string, cursor: number): void {
    const files = [...(this.commits.get(id)?.files ?? [])].map(([path, file]) => toEntry(path, file));
    const entries = [
      { type: 'directory', path: 'assets', oid: '0'.repeat(40) },
      ...files,
      ...this.extraEntries,
    ];
    const end = cursor + PAGE_SIZE;
    if (end < entries.length) {
      const next = new URL(exchange.request.url ?? '', this.endpoint);
      next.searchParams.set('cursor', String(end));
      exchange.response.setHeader('link', `<${next.href}>; rel="next"`);
    }
    sendJson(exchange, entries.slice(cursor, end));
  }

  private answerDownload(exchange: Exchange, id: string, encodedName: string): void {
    const name = decodeURIComponent(encodedName);
    const file = this.commits.get(id)?.files.get(name);
    if (file === undefined)
      return void exchange.response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    if (file.lfs !== true) return this.sendFile(exchange, name, file);
    const location = `${originOf(this.store)}/${id}/${encodedName}?signature=s3cret`;
    exchange.response.writeHead(302, { location, 'x-linked-etag': `"${sha256(file.content)}"` }).end();
  }

  private answerStore(exchange: Exchange): void {
    const [, id = '', name = ''] = this.note('store', exchange).pathname.split('/');
    const file = this.commits.get(id)?.files.get(decodeURIComponent(name));
    if (file === undefined) return void exchange.response.writeHead(403).end();
    this.sendFile(exchange, decodeURIComponent(name), file);
  }

  private sendFile(exchange: Exchange, name: string, { content }: HubFile): void {
    const [last] = this.requests.slice(-1);
    if (last !== undefined) last.content = name;
    this.served.emit(name);
    serveFile(exchange, content, `"${sha256(content).slice(0, 16)}"`, this.takeFault(name));
  }

  private idOf(repository: string, revision: string): string | undefined {
    const id = this.branches.get(`${repository} ${revision}`) ?? revision;
    return this.commits.get(id)?.repository === repository ? id : undefined;
  }

  private takeFault(name: string): Fault | undefined {
    return this.faults.get(name)?.shift();
  }

  private note(server: SeenRequest['server'], { request: { url = '/', headers } }: Exchange): URL {
    this.requests.push({ server, path: url, headers, atMs: performance.now(), content: undefined });
    return new URL(url, this.endpoint);
  }
}

/** Starts a hub without repositories. */
export async function startModelHub(): Promise<ModelHub> {
  const hub = new ModelHub();
  await hub.start();
  return hub;
}

function toEntry(path: string, { content, lfs }: HubFile): unknown {
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const pointer = { oid: sha256(content), size: content.length, pointerSize: 135 };
  return {
    type: 'file',
    path,
    size: content.length,
    oid: lfs === true ? '1'.repeat(40) : oid,
    ...(lfs === true && { lfs: pointer }),
  };
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function sendJson({ response }: Exchange, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function originOf(server: Server): string {
  // A listening TCP server has an address of this kind.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
