import { type Writable } from 'node:stream';
import { type RedisEndpoint, startRedisServer } from '@tessera/redis-server';
import { describeExit, type RunningService, type Service } from './service.js';

/** The private Redis server; started again, it is found at the address it had before. */
export class RedisService implements Service {
  readonly name = 'redis';
  #endpoint: RedisEndpoint | undefined;
  #url: string | undefined;
  #holder: Writable | undefined;

  constructor(
    private readonly dataDirectory: string,
    private readonly log: (line: string) => void,
  ) {}

  /** Known once it has been ready. */
  get url(): string {
    if (this.#url === undefined) throw new Error('the private Redis has no address before its first start');
    return this.#url;
  }

  /** Keeps the server alive for whoever holds it open, should we be killed; undefined while there is no server. */
  get holder(): Writable | undefined {
    return this.#holder;
  }

  async start(signal: AbortSignal): Promise<RunningService> {
    const server = await startRedisServer({
      dataDirectory: this.dataDirectory,
      log: this.log,
      signal,
      ...(this.#endpoint === undefined ? {} : { endpoint: this.#endpoint }),
    });
    this.#endpoint = server.endpoint;
    this.#url = server.url;
    this.#holder = server.holder;
    const exited = server.exited.then(({ code, signal: cause }) => {
      this.#holder = undefined;
      return describeExit(code, cause);
    });
    return { pid: server.pid, exited, stop: () => server.stop() };
  }
}
