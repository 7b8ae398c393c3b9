import { Binding } from './binding.js';
import { type Device, CPU_DEVICE } from './device.js';
import { NativeHandle } from './native/native-handle.js';
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
    private readonly handle: NativeHandle,
    readonly inputNames: readonly string[],
    readonly outputNames: readonly string[],
  ) {}

  /** Loads a model from a file or from memory on a thread-pool thread, with the environment's shared thread pool. */
  static create(
    api: OrtApi,
    environment: NativeHandle,
    model: string | Uint8Array,
    options: SessionOptions,
  ): Promise<Session> {
    return environment.use(async (pointer) => {
      const handle = new NativeHandle(api, 'Session', {
        pointer: await loadModel(api, pointer, model, options),
        parent: environment,
      });
      try {
        const [inputs, outputs] = [readNames(api, handle, 'Input'), readNames(api, handle, 'Output')];
        return new Session(api, handle, inputs, outputs);
      } catch (error) {
        handle.dispose();
        throw error;
      }
    });
  }

  /** A set of inputs and outputs to run with. */
  createBinding(): Binding {
    return new Binding(this.api, this.handle);
  }

  /** Frees the model as soon as its bindings are disposed and no run is under way. */
  dispose(): void {
    this.handle.dispose();
  }
}

async function loadModel(
  api: OrtApi,
  environment: Pointer,
  model: string | Uint8Array,
  { profileTo }: SessionOptions,
): Promise<Pointer> {
  const options = api.create('CreateSessionOptions');
  try {
    api.call('DisablePerSessionThreads', options);
    api.call('SetSessionGraphOptimizationLevel', options, OPTIMIZE_ALL);
    if (profileTo !== undefined) api.call('EnableProfiling', options, profileTo);
    if (typeof model === 'string') return await api.createAsync('CreateSession', environment, model, options);
    return await api.createAsync('CreateSessionFromArray', environment, model, model.byteLength, options);
  } finally {
    api.release('ReleaseSessionOptions', options);
  }
}

function readNames(api: OrtApi, session: NativeHandle, side: 'Input' | 'Output'): string[] {
  const allocator = api.create('GetAllocatorWithDefaultOptions');
  const count = api.size(`SessionGet${side}Count`, session.pointer);
  return Array.from({ length: count }, (_, index) => {
    const name = api.create(`SessionGet${side}Name`, session.pointer, index, allocator);
    try {
      return readString(name);
    } finally {
      api.call('AllocatorFree', allocator, name);
    }
  });
}
