import { setTimeout as delay } from 'node:timers/promises';
import { type Ledger, type RequestEnd } from './ledger.js';
import { type Replica, REPLICAS } from './tenant-system.js';

const REQUEST_TIMEOUT_MS = 30_000;
/** Far sooner than the answers ask for: clients push. */
const RETRY_MS = 60;

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Of the error, where there is one. */
  readonly code: string | undefined;
}

export interface TenantClientOptions {
  readonly urls: Readonly<Record<Replica, string>>;
  readonly key: string;
  readonly ledger: Ledger;
  readonly random: () => number;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/** Sends requests with one key to any of the replicas, and notes what came of each. */
export class TenantClient {
  constructor(private readonly options: TenantClientOptions) {}

  /** One request; undefined where no answer came. */
  async attempt(
    path: string,
    init: RequestInit = {},
    replica: Replica = this.anyReplica(),
  ): Promise<Answer | undefined> {
    const { ledger, signal: over } = this.options;
    const sentAtMs = Date.now();
    const makesWork = path === '/v1/jobs' && init.method === 'POST';
    const note = (end: RequestEnd): void => {
      ledger.add({ replica, makesWork, sentAtMs, endedAtMs: Date.now(), end });
    };
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), over]);
      const response = await this.fetch(replica, path, { ...init, signal });
      const body = await response.text();
      const code = errorCode(body);
      note({ kind: 'answered', status: response.status, code });
      return { status: response.status, body, code };
    } catch (error) {
      over.throwIfAborted();
      note(endOf(error));
      return undefined;
    }
  }

  /** Until it is answered, and not by a refusal after which one is to come again. */
  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    for (;;) {
      const answer = await this.attempt(path, init);
      if (answer !== undefined && !isToComeAgain(answer)) return answer;
      await delay(RETRY_MS, undefined, { signal: this.options.signal });
    }
  }

  /** The body of an answer that must be a good one. */
  async json<Body>(path: string, init: RequestInit = {}): Promise<Body> {
    const { status, body } = await this.send(path, init);
    if (status >= 300) throw new Error(`${init.method ?? 'GET'} ${path} was answered ${status}: ${body}`);
    return JSON.parse(body) as Body;
  }

  post<Body>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Body> {
    return this.json<Body>(path, jsonPost(body, headers));
  }

  /** Reads an event stream until `holdMs` are over, it ends or it breaks. @returns whether it was opened */
  async hold(path: string, holdMs: number): Promise<boolean> {
    const { ledger, signal: over } = this.options;
    const replica = this.anyReplica();
    const sentAtMs = Date.now();
    const closing = new AbortController();
    const note = (end: RequestEnd, opened: { openedAtMs?: number } = {}): void => {
      ledger.add({ replica, makesWork: false, sentAtMs, ...opened, endedAtMs: Date.now(), end });
    };
    let response: Response;
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), closing.signal, over]);
      response = await this.fetch(replica, path, { signal });
      if (response.status !== 200) {
        note({ kind: 'answered', status: response.status, code: errorCode(await response.text()) });
        return false;
      }
    } catch (error) {
      over.throwIfAborted();
      note(endOf(error));
      return false;
    }
    const openedAtMs = Date.now();
    const broken = readToEnd(response);
    const pause = new AbortController();
    await Promise.race([broken, delay(holdMs, undefined, { signal: pause.signal }).catch(() => undefined)]);
    note({ kind: 'answered', status: 200 }, { openedAtMs });
    pause.abort();
    closing.abort();
    await broken;
    return true;
  }

  private fetch(replica: Replica, path: string, init: RequestInit): Promise<Response> {
    const { urls, key } = this.options;
    const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${key}` };
    return fetch(`${urls[replica]}${path}`, { ...init, headers });
  }

  private anyReplica(): Replica {
    return REPLICAS[Math.floor(this.options.random() * REPLICAS.length)] ?? 'api-1';
  }
}

export function jsonPost(body: unknown, headers: Record<string, string> = {}): RequestInit {
  const content = { 'content-type': 'application/json' };
  return { method: 'POST', headers: { ...content, ...headers }, body: JSON.stringify(body) };
}

/** A job that failed is answered with the status of its error where the client waits for it. */
function isToComeAgain({ status, body, code }: Answer): boolean {
  if (body.includes('"object":"job"')) return false;
  return status >= 500 || (status === 429 && !LASTING.has(code ?? ''));
}

/** Refusals that coming again does not help against. */
const LASTING = new Set(['insufficient_quota', 'storage_limit_exceeded']);

function errorCode(body: string): string | undefined {
  if (!body.startsWith('{"error":')) return undefined;
  return (JSON.parse(body) as { error: { code: string } }).error.code;
}

function endOf(error: unknown): RequestEnd {
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
  return cause?.code === 'ECONNREFUSED' ? { kind: 'not received' } : { kind: 'cut off' };
}

/** Resolves when the body has ended, in whatever way. */
async function readToEnd(response: Response): Promise<void> {
  try {
    await response.body?.pipeTo(new WritableStream());
  } catch {
    // Closed by us, or the replica was killed: both are what a drill is about.
  }
}
