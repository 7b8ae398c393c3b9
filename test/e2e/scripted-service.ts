import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What a client sent to `POST /v1/jobs`. */
export interface PostedJob {
  readonly idempotencyKey: string;
  readonly prefer: string;
  /** Contents of the `image` parts, as text. */
  readonly images: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
  /** How often this Idempotency-Key has come, this time included. */
  readonly attempt: number;
}

/** How the service meets a posted job. */
export type Meeting =
  | { kind: 'job'; status: number; job: object }
  | { kind: 'error'; status: number; code: string; message?: string; headers?: Record<string, string> }
  /** The connection ends without an answer. */
  | { kind: 'hang up' };

export const MODEL = { id: 'tiny', revision: 'r1' };

/** A server with the routes of `/v1` that misbehaves as a script says: faults that the real one has only on bad days. */
export class ScriptedService {
  readonly posts: PostedJob[] = [];
  /** The `Authorization` headers of all requests. */
  readonly authorizations = new Set<string | undefined>();
  models: object[] = [MODEL];
  /** Answers to `GET /v1/jobs/<id>`, by id. */
  readonly jobs = new Map<string, object>();
  /** Text of `GET /v1/jobs/<id>/stream`, by id. */
  readonly streams = new Map<string, string>();
  /** Posts are answered in groups of this size, once so many are in flight. */
  groupSize = 1;
  largestInFlight = 0;
  private inFlight = 0;
  private held: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    private readonly meet: (post: PostedJob) => Meeting,
  ) {}

  static async start(meet: (post: PostedJob) => Meeting): Promise<ScriptedService> {
    const server = createServer();
    const service = new ScriptedService(server, meet);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      service.handle(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.authorizations.add(request.headers.authorization);
    const [, , collection, id, action] = (request.url ?? '').split('/');
    if (collection === 'models') return send(response, 200, { object: 'list', data: this.models });
    if (request.method === 'POST') return this.take(request, response);
    const stream = this.streams.get(id ?? '');
    if (action === 'stream' && stream !== undefined) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void response.end(stream);
    }
    const job = this.jobs.get(id ?? '');
    if (action === undefined && job !== undefined) return send(response, 200, job);
    return send(response, 404, { error: { code: 'job_not_found', message: 'no such job' } });
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.inFlight += 1;
    this.largestInFlight = Math.max(this.largestInFlight, this.inFlight);
    const post = await this.read(request);
    this.posts.push(post);
    await this.groupComplete();
    this.inFlight -= 1;
    const meeting = this.meet(post);
    if (meeting.kind === 'hang up') return void response.destroy();
    if (meeting.kind === 'job') return send(response, meeting.status, meeting.job);
    const { status, code, message = 'no', headers = {} } = meeting;
    return send(response, status, { error: { code, message, type: 'server_error', param: null } }, headers);
  }

  private groupComplete(): Promise<void> {
    return new Promise((resolve) => {
      this.held.push(resolve);
      if (this.held.length < this.groupSize) return;
      for (const release of this.held.splice(0)) release();
    });
  }

  private async read(request: IncomingMessage): Promise<PostedJob> {
    const { 'content-type': type = '', 'idempotency-key': key, prefer } = request.headers;
    const form = await new Response(await buffer(request), { headers: { 'content-type': type } }).formData();
    const images: string[] = [];
    const fields: Record<string, unknown> = {};
    for (const [name, value] of form) {
      if (typeof value !== 'string') images.push(await value.text());
      else fields[name] = name === 'model' ? value : (JSON.parse(value) as unknown);
    }
    const idempotencyKey = String(key);
    const attempt = this.posts.filter((post) => post.idempotencyKey === idempotencyKey).length + 1;
    return { idempotencyKey, prefer: String(prefer), images, fields, attempt };
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** A job object that is finished unless `changes` say otherwise. */
export function jobObject(text: string, changes: object = {}): { id: string } & Record<string, unknown> {
  return {
    id: `job_${randomUUID()}`,
    object: 'job',
    status: 'completed',
    model: MODEL,
    output: { text, finish_reason: 'stop' },
    error: null,
    usage: {
      prompt_tokens: 7,
      completion_tokens: 3,
      total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 0, image_tokens: 4 },
    },
    tiles: [{ columns: 2, rows: 1, tiles: 3, width: 20, height: 10 }],
    timings: {
      queue_ms: 1,
      fetch_ms: 1,
      preprocess_ms: 1,
      vision_ms: 1,
      prefill_ms: 1,
      decode_ms: 1,
      total_ms: 6,
    },
    ...changes,
  };
}

/** The same before it has finished. */
export function unfinishedJob(): { id: string } & Record<string, unknown> {
  return jobObject('', { status: 'queued', output: null, usage: null, tiles: null, timings: null });
}
