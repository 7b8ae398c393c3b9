import { type AnyTensor, type MemoryKind } from './bindable-tensor.js';
import { type DeviceContext } from './devices/device-context.js';
import { type HeldObject, NativeHandle } from './native/native-handle.js';
import { type OrtApi, type Pointer } from './native/ort-api.js';

/** The session that a binding belongs to. */
export interface BindingOwner {
  readonly api: OrtApi;
  readonly handle: NativeHandle;
  /** Absent for the CPU. */
  readonly context: DeviceContext | undefined;
  /** Where the graph reads each input. */
  readonly inputMemoryKinds: ReadonlyMap<string, MemoryKind>;
}

interface BoundTensor {
  /** Referenced, so that memory on the host stays. */
  readonly tensor: AnyTensor;
  readonly held: HeldObject;
}

/**
 * Inputs and outputs bound to a session by name. Bind once and run often: a run reads the inputs' memory as it is
 * at that moment and writes the outputs in place. An input and an output may be the same tensor (an in-place KV cache).
 * On a device, inputs in process memory are copied there at every run, and outputs in process memory copied back.
 */
export class Binding {
  private readonly api: OrtApi;
  private readonly handle: NativeHandle;
  /** Bound tensors are held, so that their memory outlives every run, whoever disposes them. */
  private readonly inputs = new Map<string, BoundTensor>();
  private readonly outputs = new Map<string, BoundTensor>();
  /** Inputs that are not where the graph reads them. Binding one copies it, so it is bound anew for every run. */
  private readonly copiedInputs = new Map<string, BoundTensor>();

  constructor(private readonly owner: BindingOwner) {
    const { api, handle, context } = owner;
    this.api = api;
    this.handle = new NativeHandle(api, 'Binding', {
      pointer: api.create('CreateIoBinding', handle.pointer),
      parent: handle,
      onRelease: () => this.letAllGo(),
      ...(context === undefined ? {} : { turns: context.turns }),
    });
  }

  bindInput(name: string, tensor: AnyTensor): this {
    const isCopied = this.isCopied(name, tensor);
    if (!isCopied) this.api.call('BindInput', this.handle.pointer, name, tensor.pointer);
    const bound = replace(this.inputs, name, tensor);
    if (isCopied) this.copiedInputs.set(name, bound);
    else this.copiedInputs.delete(name);
    return this;
  }

  bindOutput(name: string, tensor: AnyTensor): this {
    this.api.call('BindOutput', this.handle.pointer, name, tensor.pointer);
    replace(this.outputs, name, tensor);
    return this;
  }

  /**
   * Runs the session on a thread-pool thread; when it resolves, outputs in process memory can be read and copies from
   * outputs on the device follow the run. One run at a time per binding; runs on a device whose sessions share a
   * context wait for each other.
   * Aborting the signal asks ONNX Runtime to stop at the next operator; the promise then rejects with the signal's
   * reason. A device that has been handed the whole run finishes it all the same. Disposing the binding, its session or its tensors during a run takes effect when the run has ended.
   */
  run(signal?: AbortSignal): Promise<void> {
    return this.handle.use((binding) =>
      this.owner.handle.use((session) => {
        const { context } = this.owner;
        if (context === undefined) return this.runNow([session, binding], signal);
        return context.turns.take(() => {
          this.bindCopiedInputs(binding);
          return this.runNow([session, binding], signal);
        });
      }),
    );
  }

  dispose(): void {
    this.handle.dispose();
  }

  private isCopied(name: string, { memoryKind }: AnyTensor): boolean {
    const wanted = this.owner.inputMemoryKinds.get(name);
    return wanted !== undefined && wanted !== memoryKind;
  }

  private bindCopiedInputs(binding: Pointer): void {
    for (const [name, { held }] of this.copiedInputs) {
      this.api.call('BindInput', binding, name, held.pointer);
    }
  }

  private runNow(pointers: [bigint, bigint], signal: AbortSignal | undefined): Promise<void> {
    if (signal !== undefined) return this.runAbortable(pointers, signal);
    const [session, binding] = pointers;
    return this.api.callAsync('RunWithBinding', session, null, binding);
  }

  private async runAbortable([session, binding]: [bigint, bigint], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const options = new NativeHandle(this.api, 'RunOptions', {
      pointer: this.api.create('CreateRunOptions'),
    });
    const terminate = (): void => this.api.call('RunOptionsSetTerminate', options.pointer);
    signal.addEventListener('abort', terminate, { once: true });
    try {
      await this.api.callAsync('RunWithBinding', session, options.pointer, binding);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', terminate);
      options.dispose();
    }
  }

  private letAllGo(): void {
    for (const bound of [...this.inputs.values(), ...this.outputs.values()]) bound.held.letGo();
    for (const map of [this.inputs, this.outputs, this.copiedInputs]) map.clear();
  }
}

function replace(bound: Map<string, BoundTensor>, name: string, tensor: AnyTensor): BoundTensor {
  const before = bound.get(name);
  const now = { tensor, held: tensor.hold() };
  bound.set(name, now);
  before?.held.letGo();
  return now;
}
