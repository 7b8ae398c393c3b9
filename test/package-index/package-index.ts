import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Exchange, type Fault, refuse, serveFile } from '../model-hub/served-file.js';

/** A request that the index got. */
export interface IndexRequest {
  readonly path: string;
  readonly range: string | undefined;
}

interface Published {
  readonly project: string;
  readonly content: Buffer;
  /** What the listing says, whatever the content is. */
  readonly listedSha256: string;
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Plays a Python package index on a local port: listings as JSON or as pages of links, files with ranges, faults once each. */
export class LocalPackageIndex {
  readonly requests: IndexRequest[] = [];
  /** Whether listings are JSON (PEP 691) or HTML (PEP 503). */
  format: 'json' | 'html' = 'json';
  private readonly server = createServer((request, response) => this.answer({ request, response }));
  private readonly files = new Map<string, Published>();
  private readonly faults = new Map<string, Fault[]>();

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  get url(): string {
    // A listening TCP server has an address of this kind.
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/simple`;
  }

  publish(project: string, fileName: string, content: Buffer, listedSha256 = sha256(content)): void {
    this.files.set(fileName, { project, content, listedSha256 });
  }

  /** The next requests for a file go wrong, in this order. */
  plan(fileName: string, ...faults: Fault[]): void {
    this.faults.set(fileName, faults);
  }

  /** Requests for the content of files. */
  get downloads(): IndexRequest[] {
    return this.requests.filter(({ path }) => path.startsWith('/files/'));
  }

  private answer(exchange: Exchange): void {
    const path = exchange.request.url ?? '/';
    this.requests.push({ path, range: exchange.request.headers.range });
    const [, kind, name = ''] = path.split('/').map(decodeURIComponent);
    if (kind === 'files') this.sendFile(exchange, name);
    else this.sendListing(exchange, name);
  }

  private sendListing(exchange: Exchange, project: string): void {
    const { response } = exchange;
    const listed = [...this.files].filter(([, file]) => file.project === project);
    if (listed.length === 0) return void response.writeHead(404).end();
    const entries = listed.map(([filename, { listedSha256 }]) => ({
      filename,
      url: `../../files/${encodeURIComponent(filename)}`,
      hashes: { sha256: listedSha256 },
    }));
    if (this.format === 'json') {
      response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' });
      response.end(JSON.stringify({ meta: { 'api-version': '1.1' }, name: project, files: entries }));
    } else {
      const links = entries.map((e) => `<a href="${e.url}#sha256=${e.hashes.sha256}">${e.filename}</a><br/>`);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(`<!DOCTYPE html><html><body>\n${links.join('\n')}\n</body></html>`);
    }
  }

  private sendFile(exchange: Exchange, name: string): void {
    const file = this.files.get(name);
    if (file === undefined) return refuse(exchange, { kind: 'status', status: 404 });
    serveFile(
      exchange,
      file.content,
      `"${sha256(file.content).slice(0, 16)}"`,
      this.faults.get(name)?.shift(),
    );
  }
}
