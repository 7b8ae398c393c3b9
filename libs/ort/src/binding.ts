import { DisposedError } from './errors.js';
import { type OrtApi, type Pointer } from './native/ort-api.js';
import { type Tensor } from './tensor.js';

/**
 * Inputs and outputs bound to a session by name. Bind once and run often: a run reads the inputs' memory as it is
 * at that moment and writes the outputs in place. An input and an output may be the same tensor (an in-place KV cache).
 */
export class Binding {
  private binding: Pointer | undefined;
  /** Bound tensors stay referenced, so that their memory outlives every run. */
  private readonly bound = new Map<string, Tensor>();

  constructor(
    private readonly api: OrtApi,
    private readonly session: Pointer,
  ) {
    this.binding = api.create('CreateIoBinding', session);
  }

  bindInput(name: string, tensor: Tensor): this {
    this.api.call('BindInput', this.pointer, name, tensor.pointer);
    this.bound.set(`input ${name}`, tensor);
    return this;
  }

  bindOutput(name: string, tensor: Tensor): this {
    this.api.call('BindOutput', this.pointer, name, tensor.pointer);
    this.bound.set(`output ${name}`, tensor);
    return this;
  }

  /**
   * Runs the session on a thread-pool thread. One run at a time per binding.
   * Aborting the signal asks ONNX Runtime to stop at the next operator; the promise then rejects with its error.
   */
  async run(signal?: AbortSignal): Promise<void> {
    const pointer = this.pointer;
    if (signal === undefined) return this.api.callAsync('RunWithBinding', this.session, null, pointer);
    signal.throwIfAborted();
    const runOptions = this.api.create('CreateRunOptions');
    const terminate = (): void => this.api.call('RunOptionsSetTerminate', runOptions);
    signal.addEventListener('abort', terminate, { once: true });
    try {
      await this.api.callAsync('RunWithBinding', this.session, runOptions, pointer);
    } finally {
      signal.removeEventListener('abort', terminate);
      this.api.release('ReleaseRunOptions', runOptions);
    }
  }

  dispose(): void {
    if (this.binding !== undefined) this.api.release('ReleaseIoBinding', this.binding);
    this.binding = undefined;
    this.bound.clear();
  }

  private get pointer(): Pointer {
    if (this.binding === undefined) throw new DisposedError('Binding');
    return this.binding;
  }
}
