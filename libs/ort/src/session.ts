import { type MemoryKind } from './bindable-tensor.js';
import { Binding } from './binding.js';
import { CPU_DEVICE, type Device, type DeviceId } from './device.js';
import { type DeviceMemory } from './device-tensor.js';
import { type DeviceContext } from './devices/device-context.js';
import { loadModel } from './load-model.js';
import { NativeHandle } from './native/native-handle.js';
import { type OrtApi, readString } from './native/ort-api.js';
import { type NodePlacement, readPlacement } from './placement.js';

const DEVICE_ALLOCATOR = 0;
const FIRST_DEVICE = 0;
const DEFAULT_MEMORY = 0;

export interface SessionOptions {
  /** @defaultValue cpu */
  device?: DeviceId;
  /** Whether operators that the device lacks run on the CPU, with copies; else such a model is refused. @defaultValue true */
  allowCpuFallback?: boolean;
  /** Whether {@link Session.placement} can be asked. @defaultValue false */
  recordPlacement?: boolean;
  /** File prefix for a chrome-trace profile, written when the session is disposed. */
  profileTo?: string;
}

/** What a session is made in. */
export interface SessionSurroundings {
  readonly api: OrtApi;
  readonly environment: NativeHandle;
  /** Absent for the CPU. */
  readonly context: DeviceContext | undefined;
}

/** A loaded model on one device. */
export class Session {
  readonly device: Device;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Where the graph reads each input: one that is bound elsewhere is copied there at every run. */
  readonly inputMemoryKinds: ReadonlyMap<string, MemoryKind>;
  private memoryHandles: DeviceMemory | undefined;

  private constructor(
    private readonly surroundings: SessionSurroundings,
    private readonly handle: NativeHandle,
  ) {
    const { api, context } = surroundings;
    this.device = context?.device ?? CPU_DEVICE;
    this.inputNames = readNames(api, handle, 'Input');
    this.outputNames = readNames(api, handle, 'Output');
    this.inputMemoryKinds = readMemoryKinds(surroundings, handle, this.inputNames);
  }

  /**
   * Loads a model from a file or from memory on a thread-pool thread, with the environment's shared thread pool.
   * @throws DeviceUnavailableError
   */
  static create(
    surroundings: SessionSurroundings,
    model: string | Uint8Array,
    options: SessionOptions,
  ): Promise<Session> {
    const { api, environment, context } = surroundings;
    return environment.use(async (pointer) => {
      const load = () => loadModel(surroundings, pointer, model, options);
      const handle = new NativeHandle(api, 'Session', {
        pointer: await (context === undefined ? load() : context.turns.take(load)),
        parent: environment,
        ...(context === undefined ? {} : { turns: context.turns }),
      });
      try {
        return new Session(surroundings, handle);
      } catch (error) {
        handle.dispose();
        throw error;
      }
    });
  }

  /** A set of inputs and outputs to run with. */
  createBinding(): Binding {
    const { api, context } = this.surroundings;
    return new Binding({ api, context, handle: this.handle, inputMemoryKinds: this.inputMemoryKinds });
  }

  /** Where each node runs, of the graph before fusions. Needs `recordPlacement`. */
  placement(): NodePlacement[] {
    return readPlacement(this.surroundings.api, this.handle);
  }

  /** Where tensors on the session's device are allocated; undefined for the CPU. */
  get deviceMemory(): DeviceMemory | undefined {
    const { context } = this.surroundings;
    if (context === undefined) return undefined;
    this.memoryHandles ??= openDeviceMemory(context, this.handle);
    return this.memoryHandles;
  }

  /** Frees the model as soon as its bindings and tensors are disposed and no run is under way. */
  dispose(): void {
    this.memoryHandles?.allocator.dispose();
    this.handle.dispose();
  }
}

function openDeviceMemory(context: DeviceContext, session: NativeHandle): DeviceMemory {
  const { api, provider, turns } = context;
  const description = [DEVICE_ALLOCATOR, FIRST_DEVICE, DEFAULT_MEMORY];
  const info = new NativeHandle(api, 'MemoryInfo', {
    pointer: api.create('CreateMemoryInfo', provider.memoryName, ...description),
  });
  try {
    const pointer = api.create('CreateAllocator', session.pointer, info.pointer);
    // Views of the allocator's tensors are described by it, so it ends with them.
    const onRelease = (): void => info.dispose();
    const allocator = new NativeHandle(api, 'Allocator', { pointer, parent: session, turns, onRelease });
    return { context, info, allocator };
  } catch (error) {
    info.dispose();
    throw error;
  }
}

function readMemoryKinds(
  { api, context }: SessionSurroundings,
  session: NativeHandle,
  names: readonly string[],
): Map<string, MemoryKind> {
  if (context === undefined) return new Map(names.map((name) => [name, 'host']));
  const infos = new BigUint64Array(new ArrayBuffer(8 * names.length));
  api.call('SessionGetMemoryInfoForInputs', session.pointer, infos, names.length);
  return new Map(
    names.map((name, index) => {
      const memoryName = readString(api.create('MemoryInfoGetName', infos[index] ?? null));
      return [name, memoryName === context.provider.memoryName ? 'device' : 'host'];
    }),
  );
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
