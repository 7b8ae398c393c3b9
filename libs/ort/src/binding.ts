import { NativeHandle } from './native/native-handle.js';
import { type OrtApi } from './native/ort-api.js';
import { type Tensor } from './tensor.js';

/**
 * Inputs and outputs bound to a session by name. Bind once and run often: a run reads the inputs' memory as it is
 * at that moment and writes the outputs in place. An input and an output may be the same tensor (an in-place KV cache).
 */
export class Binding {
  private readonly handle: NativeHandle;
  /** Bound tensors stay referenced, so that their memory outlives every run, whoever disposes them. */
  private readonly bound = new Map<string, Tensor>();

  constructor(
    private readonly api: OrtApi,
    private readonly session: NativeHandle,
  ) {
    this.handle = new NativeHandle(api, 'Binding', {
      pointer: api.create('CreateIoBinding', session.pointer),
      parent: session,
      onRelease: () => this.bound.clear(),
    });
  }

  bindInput(name: string, tensor: Tensor): this {
    this.api.call('BindInput', this.handle.pointer, name, tensor.pointer);
    this.bound.set(`input ${name}`, tensor);
    return this;
  }

  bindOutput(name: string, tensor: Tensor): this {
    this.api.call('BindOutput', this.handle.pointer, name, tensor.pointer);
    this.bound.set(`output ${name}`, tensor);
    return this;
  }

  /**
   * Runs the session on a thread-pool thread. One run at a time per binding.
   * Aborting the signal asks ONNX Runtime to stop at the next operator; the promise then rejects with the signal's
   * reason. Disposing the binding, its session or its tensors during a run takes effect when the run has ended.
   */
  run(signal?: AbortSignal): Promise<void> {
    return this.handle.use((binding) =>
      this.session.use((session) =>
        signal === undefined
          ? this.api.callAsync('RunWithBinding', session, null, binding)
          : this.runAbortable([session, binding], signal),
      ),
    );
  }

  dispose(): void {
    this.handle.dispose();
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
}
