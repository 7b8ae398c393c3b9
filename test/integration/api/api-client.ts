import { type Job } from '@tessera/contracts';
import { type ApiContract } from './api-contract.js';

export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string };
}

export interface JsonAnswer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** Talks to the API over HTTP and throws when an answer departs from the OpenAPI document. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly contract: ApiContract,
    private readonly apiKey?: string,
  ) {}

  /** The same with this key in every request. */
  withKey(apiKey: string): ApiClient {
    return new ApiClient(this.url, this.contract, apiKey);
  }

  /** The type of the body is the caller's claim; the document checks the body itself. */
  async send<Body>(method: string, path: string, init: RequestInit = {}): Promise<JsonAnswer<Body>> {
    const response = await fetch(this.url + path, { ...init, method, headers: this.headersOf(init) });
    const text = await response.text();
    const body = text === '' ? undefined : (JSON.parse(text) as unknown);
    const { status, headers } = response;
    const departures = this.contract.departures({ method, path: path.split('?')[0] ?? '', status, body });
    if (departures.length > 0) {
      throw new Error(`${method} ${path} answered ${status} ${text}: ${departures.join('; ')}`);
    }
    return { status, headers, body: body as Body };
  }

  private headersOf({ headers }: RequestInit): Headers {
    const all = new Headers(headers);
    if (this.apiKey !== undefined) all.set('authorization', `Bearer ${this.apiKey}`);
    return all;
  }

  get<Body>(path: string): Promise<JsonAnswer<Body>> {
    return this.send('GET', path);
  }

  /** Posts JSON; what is not text already becomes it. */
  post<Body>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<JsonAnswer<Body>> {
    return this.send('POST', path, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  createJob(body: unknown, headers: Record<string, string> = {}): Promise<JsonAnswer<Job>> {
    return this.post('/v1/jobs', body, headers);
  }

  async job(id: string): Promise<Job> {
    return (await this.get<Job>(`/v1/jobs/${id}`)).body;
  }
}
