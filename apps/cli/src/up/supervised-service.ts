import { setTimeout as delay } from 'node:timers/promises';
import { Backoff, type BackoffLimits, RESTART_BACKOFF } from './backoff.js';
import { ServiceStartError } from './errors.js';
import { type RunningService, type Service } from './service.js';

/** What a supervisor tells of a service, in the order in which it happens. */
export type ServiceEvent =
  | { readonly kind: 'ready'; readonly name: string; readonly pid: number }
  | { readonly kind: 'restarting'; readonly name: string; readonly reason: string; readonly delayMs: number };

export interface SupervisionOptions {
  readonly onEvent: (event: ServiceEvent) => void;
  readonly backoff?: BackoffLimits;
  /** Starts that may fail before the first one succeeds; later the service is restarted for ever. */
  readonly firstAttempts?: number;
}

const FIRST_ATTEMPTS = 3;

/** Keeps a service running: starts it again, after a growing wait, whenever it ends by itself. */
export class SupervisedService {
  readonly #stopping = new AbortController();
  readonly #backoff: Backoff;
  #running: RunningService | undefined;
  #ended: Promise<void> | undefined;
  #hasBeenReady = false;
  #onFirstReady: () => void = () => undefined;
  #onFirstFailure: (cause: unknown) => void = () => undefined;

  constructor(
    private readonly service: Service,
    private readonly options: SupervisionOptions,
  ) {
    this.#backoff = new Backoff(options.backoff ?? RESTART_BACKOFF);
  }

  get name(): string {
    return this.service.name;
  }

  /**
   * Resolves when the service is ready for the first time.
   * @throws ServiceStartError when it ends too often before; it is not tried again then
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onFirstReady = resolve;
      this.#onFirstFailure = reject;
      this.#ended = this.#keepRunning();
    });
  }

  /** Ends the service and its restarts; resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.stop();
    await this.#ended;
  }

  async #keepRunning(): Promise<void> {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      const startedAt = performance.now();
      const { reason, cause } = await this.#runOnce();
      if (this.#stopping.signal.aborted) break;
      if (!this.#hasBeenReady && attempt >= (this.options.firstAttempts ?? FIRST_ATTEMPTS)) {
        this.#onFirstFailure(new ServiceStartError(this.name, attempt, { cause }));
        return;
      }
      const delayMs = this.#backoff.delayAfter(performance.now() - startedAt);
      this.options.onEvent({ kind: 'restarting', name: this.name, reason, delayMs });
      await this.#wait(delayMs);
    }
    // Without effect once it was ready.
    this.#onFirstFailure(this.#stopping.signal.reason);
  }

  /** One life of the service: until its process is gone, and why. */
  async #runOnce(): Promise<{ reason: string; cause: unknown }> {
    try {
      this.#running = await this.service.start(this.#stopping.signal);
    } catch (cause) {
      return { reason: cause instanceof Error ? cause.message : String(cause), cause };
    }
    this.#hasBeenReady = true;
    this.#onFirstReady();
    this.options.onEvent({ kind: 'ready', name: this.name, pid: this.#running.pid });
    const exit = await this.#running.exited;
    this.#running = undefined;
    return { reason: `${this.name} ${exit}`, cause: exit };
  }

  async #wait(delayMs: number): Promise<void> {
    const { signal } = this.#stopping;
    await delay(delayMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
