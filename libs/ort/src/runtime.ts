import { type AnyTensor } from './bindable-tensor.js';
import { copy } from './copy.js';
import { DeviceTensor } from './device-tensor.js';
import { DeviceContexts } from './devices/device-context.js';
import { elementCount, type ElementType, type HostArray } from './element-type.js';
import { type OrtLibrary } from './native/library.js';
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
  /** Another build of ONNX Runtime, as device `cuda` needs it. Default: that of the `onnxruntime-node` package. */
  library?: OrtLibrary | undefined;
}

/**
 * One ONNX Runtime environment: the library, its thread pool, and the factory of tensors and sessions.
 * Make one a process.
 */
export class OrtRuntime {
  private constructor(
    private readonly environment: NativeHandle,
    private readonly memory: HostMemory,
    private readonly devices: DeviceContexts,
  ) {}

  /** @throws LibraryLoadError, OrtVersionError */
  static create(options: RuntimeOptions): OrtRuntime {
    const api = OrtApi.load(options.library);
    const environment = new NativeHandle(api, 'Environment', { pointer: createEnvironment(api, options) });
    const pointer = api.create('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
    const info = new NativeHandle(api, 'MemoryInfo', { pointer });
    return new OrtRuntime(environment, { api, info }, new DeviceContexts(api, environment));
  }

  /** Version of the ONNX Runtime library. */
  get version(): string {
    return this.memory.api.version;
  }

  /** Names of the execution providers that the library was built with; whether one works is for a probe to tell. */
  get availableProviders(): string[] {
    return this.memory.api.availableProviders();
  }

  /** Native objects not yet released, this runtime's environment included: what a leak test counts. */
  get liveHandleCount(): number {
    return this.memory.api.liveHandles;
  }

  /** Loads a model, off the event loop. Throws {@link DeviceUnavailableError} for a device that is not there. */
  createSession(model: string | Uint8Array, options: SessionOptions = {}): Promise<Session> {
    const context = this.devices.of(options.device ?? 'cpu');
    const surroundings = { api: this.memory.api, environment: this.environment, context };
    return Session.create(surroundings, model, options);
  }

  /**
   * A tensor in the memory of a session's device, for any session on that device; it keeps that session's memory until
   * it is disposed. On the CPU it is zero-filled process memory, elsewhere its content is undefined until written.
   */
  async allocateOn<T extends ElementType>(
    session: Session,
    elementType: T,
    dims: readonly number[],
  ): Promise<AnyTensor<T>> {
    const memory = session.deviceMemory;
    if (memory === undefined) return this.allocate(elementType, dims);
    return DeviceTensor.allocate(memory, { elementType, dims });
  }

  /**
   * Copies all elements, between devices and process memory in either direction or within one of them, after every run
   * and copy that was asked for before. The tensors' element types and counts must be equal.
   */
  copy<T extends ElementType>(from: AnyTensor<T>, to: AnyTensor<T>): Promise<void> {
    return copy(from, to);
  }

  /** Writes a copy of these values to a tensor, wherever it is. */
  async upload<T extends ElementType>(values: HostArray<T>, to: AnyTensor<T>): Promise<void> {
    const source = this.tensorOf(to.elementType, to.dims, values);
    await copy(source, to).finally(() => source.dispose());
  }

  /** The values of a tensor, wherever it is, as memory of the caller's own. */
  async download<T extends ElementType>(from: AnyTensor<T>): Promise<HostArray<T>> {
    const target = this.allocate(from.elementType, from.dims);
    await copy(from, target).finally(() => target.dispose());
    return target.data;
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
