import { type Tensor } from '@tessera/ort';
import { TilerDisposedError, TilingSizeError } from './errors.js';
import { RESAMPLER_WASM } from './generated/resampler-wasm.js';
import { planResize } from './resize-job.js';
import { type TilePlan } from './tile-grid.js';
import { TilingThread } from './tiling-thread.js';

/** Turns an image's pixels into tiles. */
export interface ImageTiler {
  readonly tileSizePixels: number;
  /**
   * Writes the tiles of one image, thumbnail last.
   * @param pixels RGB bytes, [height, width, 3]
   * @param into uint8 [tileCount, 3, size, size]
   */
  tile(pixels: Uint8Array, plan: TilePlan, into: Tensor<'uint8'>, signal?: AbortSignal): Promise<void>;
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

  async tile(pixels: Uint8Array, plan: TilePlan, into: Tensor<'uint8'>, signal?: AbortSignal): Promise<void> {
    this.checkSizes(pixels, plan, into);
    const thread = await this.borrowThread();
    try {
      signal?.throwIfAborted();
      await thread.tile(pixels, planResize(plan, this.tileSizePixels), into.data, signal);
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

  private checkSizes(pixels: Uint8Array, plan: TilePlan, into: Tensor<'uint8'>): void {
    const pixelBytes = 3 * plan.width * plan.height;
    if (pixels.length !== pixelBytes) throw new TilingSizeError('pixels', pixelBytes, pixels.length);
    const tileBytes = 3 * plan.tileCount * this.tileSizePixels ** 2;
    if (into.data.length !== tileBytes) throw new TilingSizeError('tiles', tileBytes, into.data.length);
  }
}
