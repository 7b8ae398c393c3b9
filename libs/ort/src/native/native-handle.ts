import { DisposedError } from '../errors.js';
import { type DeviceTurns } from '../devices/device-turns.js';
import { type OrtApi, type Pointer } from './ort-api.js';

/** Kinds of native objects that outlive a call, with the function that releases each. */
const RELEASE_FUNCTIONS = {
  Environment: 'ReleaseEnv',
  MemoryInfo: 'ReleaseMemoryInfo',
  Session: 'ReleaseSession',
  Binding: 'ReleaseIoBinding',
  Allocator: 'ReleaseAllocator',
  Tensor: 'ReleaseValue',
  RunOptions: 'ReleaseRunOptions',
} as const;

export type HandleKind = keyof typeof RELEASE_FUNCTIONS;

export interface HandleOptions {
  readonly pointer: Pointer;
  /** The object that this one was made from: it is released after this one. */
  readonly parent?: NativeHandle;
  /** The device that the object uses: it is released when nothing else does. Absent for the CPU. */
  readonly turns?: DeviceTurns;
  /** Called once, right after the native object was released. */
  readonly onRelease?: () => void;
}

/** A native object that somebody uses; to be let go exactly once. */
export interface HeldObject {
  readonly pointer: Pointer;
  readonly letGo: () => void;
}

/**
 * A native object. It is released exactly once: when it has been disposed, no call under way uses it and every object
 * made from it has been released. So `dispose()` is safe at any time and in any order.
 */
export class NativeHandle {
  private users = 0;
  private disposed = false;

  constructor(
    private readonly api: OrtApi,
    private readonly kind: HandleKind,
    private readonly options: HandleOptions,
  ) {
    if (options.parent !== undefined) options.parent.users++;
    api.liveHandles++;
  }

  /** Throws {@link DisposedError} after `dispose()`. */
  get pointer(): Pointer {
    if (this.disposed) throw new DisposedError(this.kind);
    return this.options.pointer;
  }

  /** Keeps the object alive until `work` has settled, even when it is disposed meanwhile. */
  async use<T>(work: (pointer: Pointer) => Promise<T>): Promise<T> {
    const { pointer, letGo } = this.hold();
    try {
      return await work(pointer);
    } finally {
      letGo();
    }
  }

  /** Keeps the object alive until it is let go, even when it is disposed meanwhile. */
  hold(): HeldObject {
    const { pointer } = this;
    this.users++;
    return { pointer, letGo: () => this.leave() };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.releaseIfUnused();
  }

  private leave(): void {
    this.users--;
    this.releaseIfUnused();
  }

  private releaseIfUnused(): void {
    if (!this.disposed || this.users > 0) return;
    const { turns } = this.options;
    if (turns === undefined) this.release();
    else turns.betweenTurns(() => this.release());
  }

  private release(): void {
    const { pointer, parent, onRelease } = this.options;
    this.api.release(RELEASE_FUNCTIONS[this.kind], pointer);
    this.api.liveHandles--;
    onRelease?.();
    parent?.leave();
  }
}
