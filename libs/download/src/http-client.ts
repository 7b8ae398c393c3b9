import { type Dispatcher, EnvHttpProxyAgent, errors } from 'undici';
import { UnusableAnswerError, HostBusyError, TransferOptionError, HostUnreachableError } from './errors.js';
import { HttpAnswer } from './http-answer.js';
import { orAbort } from './or-abort.js';

const MAX_REDIRECTS = 10;
const CONNECT_TIMEOUT_MS = 20_000;
/** Between two parts of an answer. A stalled transfer is taken up again by a new connection. */
const IDLE_TIMEOUT_MS = 60_000;
const REDIRECTS = [301, 302, 303, 307, 308];
const TRANSIENT_CLIENT_ERRORS = [408, 425, 429];
const TOKEN = /^[\x21-\x7e]+$/;

export interface HttpClientOptions {
  /** Address that everything begins at, such as `https://huggingface.co`; it may have a path. */
  readonly endpoint: string;
  /** What the address is called where it is given: `HF_ENDPOINT`, `--index-url`. */
  readonly endpointName: string;
  /** Sent to the endpoint's own origin, never to where a redirect leads. */
  readonly token?: string | undefined;
  readonly proxy?: ProxySettings | undefined;
}

/** Addresses of proxies by the scheme of what is fetched; a single one serves both. */
export interface ProxySettings {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are reached without a proxy. */
  readonly except: readonly string[];
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** HTTP to a hub or an index, and to the stores that it sends us to. */
export class HttpClient {
  readonly endpoint: string;
  private readonly endpointOrigin: string;
  private readonly dispatcher: Dispatcher;

  /** @throws TransferOptionError */
  constructor(private readonly options: HttpClientOptions) {
    this.endpoint = options.endpoint.replace(/\/+$/, '');
    this.endpointOrigin = parseEndpoint(this.endpoint, options.endpointName).origin;
    if (options.token !== undefined && !TOKEN.test(options.token))
      throw new TransferOptionError('the token', 'must be printable characters without spaces');
    this.dispatcher = openDispatcher(options.proxy);
  }

  get hasToken(): boolean {
    return this.options.token !== undefined;
  }

  /**
   * What is behind `url`, redirects followed: an answer of the endpoint with any status that trying again would not change,
   * or a success of the store that it leads to. An aborted signal rejects with its reason.
   * @throws HostUnreachableError, HostBusyError, UnusableAnswerError
   */
  async get(url: string, { headers = {}, signal }: GetOptions): Promise<HttpAnswer> {
    let target = new URL(url);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const answer = await this.exchange(target, headers, signal);
      const location = REDIRECTS.includes(answer.status) ? answer.header('location') : undefined;
      if (location === undefined) return this.checked(answer);
      answer.discard();
      target = followed(target, location);
    }
    throw new UnusableAnswerError(target.host, `it leads to more than ${MAX_REDIRECTS} redirects`);
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }

  private async exchange(
    target: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { origin, pathname, search } = target;
    const request = this.dispatcher.request({
      method: 'GET',
      origin,
      path: `${pathname}${search}`,
      headers: {
        ...headers,
        ...this.credentials(origin),
        'accept-encoding': 'identity',
        'user-agent': 'Tessera',
      },
      signal,
    });
    try {
      return new HttpAnswer(target, await orAbort(request, signal));
    } catch (error) {
      signal.throwIfAborted();
      throw new HostUnreachableError(target.host, error);
    }
  }

  private credentials(origin: string): Record<string, string> {
    const { token } = this.options;
    return token !== undefined && origin === this.endpointOrigin ? { authorization: `Bearer ${token}` } : {};
  }

  private checked(answer: HttpAnswer): HttpAnswer {
    const { status, url } = answer;
    const isTransient = status >= 500 || TRANSIENT_CLIENT_ERRORS.includes(status);
    // A store refuses what was signed too long ago: the hub signs anew.
    const isStoreRefusal = url.origin !== this.endpointOrigin && status >= 400 && status !== 416;
    if (!isTransient && !isStoreRefusal) return answer;
    answer.discard();
    throw new HostBusyError(url.host, status, answer.retryAfterMs());
  }
}

function parseEndpoint(endpoint: string, name: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TransferOptionError(name, 'must be an http or https URL', endpoint);
  // The address may name a password, so it is not repeated.
  if (url.username !== '' || url.password !== '')
    throw new TransferOptionError(name, 'must not hold a name or password');
  return url;
}

/** What is not set is passed as empty text: left out, it would be read from the environment. */
function openDispatcher(proxy: ProxySettings | undefined): Dispatcher {
  try {
    return new EnvHttpProxyAgent({
      httpProxy: proxy?.http ?? '',
      httpsProxy: proxy?.https ?? '',
      noProxy: proxy?.except.join(',') ?? '',
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: IDLE_TIMEOUT_MS,
      bodyTimeout: IDLE_TIMEOUT_MS,
    });
  } catch (error) {
    if (!(error instanceof errors.InvalidArgumentError || error instanceof TypeError)) throw error;
    throw new TransferOptionError('HTTP_PROXY and HTTPS_PROXY', 'must be http or https URLs of proxies');
  }
}

function followed(from: URL, location: string): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (target !== undefined && /^https?:$/.test(target.protocol)) return target;
  throw new UnusableAnswerError(from.host, 'it redirects to what is no http or https address');
}
