import { Binding } from './binding.js';
import { type Device, CPU_DEVICE } from './device.js';
import { DisposedError } from './errors.js';
import { readString, type OrtApi, type Pointer } from './native/ort-api.js';

const OPTIMIZE_ALL = 99;

export interface SessionOptions {
  /** File prefix for a chrome-trace profile, written when the session is disposed. */
  profileTo?: string;
}

/** A loaded model on one device. */
export class Session {
  readonly device: Device = CPU_DEVICE;

  private constructor(
    private readonly api: OrtApi,
    private session: Pointer | undefined,
    readonly inputNames: readonly string[],
    readonly outputNames: readonly string[],
  ) {}

  /** Loads a model from a file or from memory on a thread-pool thread, with the environment's shared thread pool. */
  static async create(
    api: OrtApi,
    environment: Pointer,
    model: string | Uint8Array,
    options: SessionOptions,
  ): Promise<Session> {
    const sessionOptions = api.create('CreateSessionOptions');
    try {
      api.call('DisablePerSessionThreads', sessionOptions);
      api.call('SetSessionGraphOptimizationLevel', sessionOptions, OPTIMIZE_ALL);
      if (options.profileTo !== undefined) api.call('EnableProfiling', sessionOptions, options.profileTo);
      const session =
        typeof model === 'string'
          ? await api.createAsync('CreateSession', environment, model, sessionOptions)
          : await api.createAsync(
              'CreateSessionFromArray',
              environment,
              model,
              model.byteLength,
              sessionOptions,
            );
      return new Session(api, session, readNames(api, session, 'Input'), readNames(api, session, 'Output'));
    } finally {
      api.release('ReleaseSessionOptions', sessionOptions);
    }
  }

  /** A set of inputs and outputs to run with; dispose it before the session. */
  createBinding(): Binding {
    return new Binding(this.api, this.pointer);
  }

  dispose(): void {
    if (this.session !== undefined) this.api.release('ReleaseSession', this.session);
    this.session = undefined;
  }

  private get pointer(): Pointer {
    if (this.session === undefined) throw new DisposedError('Session');
    return this.session;
  }
}

function readNames(api: OrtApi, session: Pointer, side: 'Input' | 'Output'): string[] {
  const allocator = api.create('GetAllocatorWithDefaultOptions');
  const count = api.size(`SessionGet${side}Count`, session);
  return Array.from({ length: count }, (_, index) => {
    const name = api.create(`SessionGet${side}Name`, session, index, allocator);
    const text = readString(name);
    api.call('AllocatorFree', allocator, name);
    return text;
  });
}
