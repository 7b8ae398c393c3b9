import { PixelCountError, TilerDisposedError } from './errors.js';
import { RESAMPLER_WASM } from './generated/resampler-wasm.js';
import { planResize } from './resize-job.js';
import { type TilePlan } from './tile-grid.js';
import { TilingThread } from './tiling-thread.js';

/** Turns an image's pixels into tiles. */
export interface ImageTiler {
  readonly tileSizePixels: number;
  /**
   * The tiles of one image, thumbnail last.
   * @param pixels RGB bytes, [height, width, 3]
   * @returns bytes outside V8's heap, [tileCount, 3, size, size]
   */
  tile(pixels: Uint8Array, plan: TilePlan, signal?: AbortSignal): Promise<Uint8Array>;
  dispose(): void;
}

/**
 * Cuts images into tiles with Pillow's bicubic to the bit, on threads of its own. They are started when they are
 * needed, and no more than `maxThreads` of them; an image takes one, and waits for it where none is free.
 */
export class Tiler implements ImageTiler {
  private readonly module = new WebAssembly.Module(Buffer.from(RESAMPLER_WASM, 'base64'));
  private readonly idle: TilingThread[] = [];
  private readonly busy = new Set<TilingThread>();
  private readonly waiting: (() => void)[] = [];
  private isDisposed = false;

  constructor(
    readonly tileSizePixels: number,
    private readonly maxThreads: number,
  ) {}

  async tile(pixels: Uint8Array, plan: TilePlan, signal?: AbortSignal): Promise<Uint8Array> {
    const pixelBytes = 3 * plan.width * plan.height;
    if (pixels.length !== pixelBytes) throw new PixelCountError(pixelBytes, pixels.length);
    const thread = await this.borrowThread();
    try {
      signal?.throwIfAborted();
      return await thread.tile(pixels, planResize(plan, this.tileSizePixels), signal);
    } finally {
      this.giveBack(thread);
    }
  }

  /** Ends the threads; images that are under way fail. */
  dispose(): void {
    this.isDisposed = true;
    for (const thread of [...this.idle.splice(0), ...this.busy]) thread.close();
    for (const goOn of this.waiting.splice(0)) goOn();
  }

  private async borrowThread(): Promise<TilingThread> {
    while (this.busy.size >= this.maxThreads && !this.isDisposed) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.isDisposed) throw new TilerDisposedError();
    const thread = this.idle.pop() ?? new TilingThread(this.module);
    this.busy.add(thread);
    return thread;
  }

  private giveBack(thread: TilingThread): void {
    this.busy.delete(thread);
    if (thread.isReusable) this.idle.push(thread);
    else thread.close();
    this.waiting.shift()?.();
  }
}
