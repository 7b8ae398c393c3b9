import { elementCount, type ElementType, type HostArray } from './element-type.js';
import { NativeHandle } from './native/native-handle.js';
import { OrtApi, type Pointer } from './native/ort-api.js';
import { Session, type SessionOptions } from './session.js';
import { allocateHostArray, type HostMemory, Tensor } from './tensor.js';

/** Failures come back as typed errors; the library itself prints only what ends the process. */
const LOG_LEVEL_FATAL = 4;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

export interface RuntimeOptions {
  /** Threads that one operator may use; all sessions share them. The first runtime of a process decides. */
  intraOpThreads: number;
  /** Whether idle threads spin for a moment before they sleep: faster steps for a core kept busy. */
  spin: boolean;
}

/**
 * One ONNX Runtime environment: the library, its thread pool, and the factory of tensors and sessions.
 * Make one a process.
 */
export class OrtRuntime {
  private constructor(
    private readonly environment: NativeHandle,
    private readonly memory: HostMemory,
  ) {}

  static create(options: RuntimeOptions): OrtRuntime {
    const api = OrtApi.load();
    const environment = new NativeHandle(api, 'Environment', { pointer: createEnvironment(api, options) });
    const pointer = api.create('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
    const info = new NativeHandle(api, 'MemoryInfo', { pointer });
    return new OrtRuntime(environment, { api, info });
  }

  /** Version of the ONNX Runtime library. */
  get version(): string {
    return this.memory.api.version;
  }

  /** Native objects not yet released, this runtime's environment included: what a leak test counts. */
  get liveHandleCount(): number {
    return this.memory.api.liveHandles;
  }

  /** Loads a model, off the event loop. */
  createSession(model: string | Uint8Array, options: SessionOptions = {}): Promise<Session> {
    return Session.create(this.memory.api, this.environment, model, options);
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
    return Tensor.overHostMemory(this.memory, { elementType, dims, data });
  }

  /** Frees the environment as soon as its sessions are disposed. No tensor can be made after this. */
  dispose(): void {
    this.memory.info.dispose();
    this.environment.dispose();
  }
}

function createEnvironment(api: OrtApi, { intraOpThreads, spin }: RuntimeOptions): Pointer {
  const threading = api.create('CreateThreadingOptions');
  try {
    api.call('SetGlobalIntraOpNumThreads', threading, intraOpThreads);
    api.call('SetGlobalInterOpNumThreads', threading, 1);
    api.call('SetGlobalSpinControl', threading, spin ? 1 : 0);
    return api.create('CreateEnvWithGlobalThreadPools', LOG_LEVEL_FATAL, 'tessera', threading);
  } finally {
    api.release('ReleaseThreadingOptions', threading);
  }
}
