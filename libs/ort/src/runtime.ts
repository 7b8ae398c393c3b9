import { elementCount, type ElementType, type HostArray } from './element-type.js';
import { OrtApi, type Pointer } from './native/ort-api.js';
import { Session, type SessionOptions } from './session.js';
import { allocateHostArray, Tensor } from './tensor.js';

/** Failures come back as typed errors; the library itself prints only what ends the process. */
const LOG_LEVEL_FATAL = 4;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

export interface RuntimeOptions {
  /** Threads that one operator may use; all sessions share them. */
  intraOpThreads: number;
  /** Whether idle threads spin for a moment before they sleep: faster steps for a core kept busy. */
  spin: boolean;
}

/**
 * One ONNX Runtime environment: the library, its thread pool, and the factory of tensors and sessions.
 * Make one a process. Dispose sessions and tensors before it.
 */
export class OrtRuntime {
  private constructor(
    private readonly api: OrtApi,
    private readonly environment: Pointer,
    private readonly hostMemory: Pointer,
  ) {}

  static create(options: RuntimeOptions): OrtRuntime {
    const api = OrtApi.load();
    const threading = api.create('CreateThreadingOptions');
    api.call('SetGlobalIntraOpNumThreads', threading, options.intraOpThreads);
    api.call('SetGlobalInterOpNumThreads', threading, 1);
    api.call('SetGlobalSpinControl', threading, options.spin ? 1 : 0);
    const environment = api.create('CreateEnvWithGlobalThreadPools', LOG_LEVEL_FATAL, 'tessera', threading);
    api.release('ReleaseThreadingOptions', threading);
    const hostMemory = api.create('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
    return new OrtRuntime(api, environment, hostMemory);
  }

  /** Version of the ONNX Runtime library. */
  get version(): string {
    return this.api.version;
  }

  /** Loads a model, off the event loop. */
  createSession(model: string | Uint8Array, options: SessionOptions = {}): Promise<Session> {
    return Session.create(this.api, this.environment, model, options);
  }

  /** A zero-filled tensor in process memory. */
  allocate<T extends ElementType>(elementType: T, dims: readonly number[]): Tensor<T> {
    return this.tensorOver(elementType, dims, allocateHostArray(elementType, elementCount(dims)));
  }

  /** A tensor with a copy of these values. */
  tensorOf<T extends ElementType>(elementType: T, dims: readonly number[], values: HostArray<T>): Tensor<T> {
    const data = allocateHostArray(elementType, values.length);
    (data as { set(source: typeof values): void }).set(values);
    return this.tensorOver(elementType, dims, data);
  }

  /** A tensor over memory that the caller keeps; see {@link Tensor.overHostMemory}. */
  tensorOver<T extends ElementType>(elementType: T, dims: readonly number[], data: HostArray<T>): Tensor<T> {
    return Tensor.overHostMemory(this.api, this.hostMemory, { elementType, dims, data });
  }

  dispose(): void {
    this.api.release('ReleaseMemoryInfo', this.hostMemory);
    this.api.release('ReleaseEnv', this.environment);
  }
}
