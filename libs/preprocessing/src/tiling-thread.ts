import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ImageTooWideToResizeError, TilingThreadError } from './errors.js';
import { type ResizeJob } from './resize-job.js';

export interface TilingWorkerData {
  readonly module: WebAssembly.Module;
}

/** The beginning of a picture, or the next of its pixels. */
export type TilingRequest =
  { readonly job: ResizeJob; readonly into: Uint8Array } | { readonly pixels: Uint8Array };

interface Answer {
  /** Whether memory suffices. */
  readonly isPossible: boolean;
  readonly memoryBytes: number;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Of pixels or tiles, that are copied between two turns of the event loop: a fraction of a millisecond. */
const SLICE_BYTES = 1024 ** 2;
/** Of pixels in shared memory: while the thread works on one, the next is written. */
const BAND_COUNT = 2;
/** What a thread may keep from one picture to the next. */
const KEPT_BYTES = 96 * 1024 ** 2;

/**
 * A thread that turns one picture at a time into tiles. An idle one does not keep the process alive.
 *
 * Pixels and tiles pass through shared memory that is used again and again: V8 does not count shared memory, so new
 * one for every picture would pile up for gigabytes before it is collected.
 */
export class TilingThread {
  private readonly worker: Worker;
  private readonly waiting: Waiting[] = [];
  private bands = Array.from({ length: BAND_COUNT }, () => shareBytes(SLICE_BYTES));
  private tiles = shareBytes(0);
  private memoryBytes = 0;
  private failure: TilingThreadError | undefined;

  constructor(module: WebAssembly.Module) {
    const workerData: TilingWorkerData = { module };
    this.worker = new Worker(new URL('./tiling-worker.mjs', import.meta.url), {
      workerData,
      name: 'tessera-tiling',
      execArgv: [],
    });
    this.worker.on('message', (answer: Answer) => this.waiting.shift()?.resolve(answer));
    this.worker.once('error', (cause) => this.fail(new TilingThreadError('it failed', { cause })));
    this.worker.once('exit', (code) => this.fail(new TilingThreadError(`it ended with code ${code}`)));
    this.worker.unref();
  }

  /** Whether it can take another picture without holding on to the memory of a huge one. */
  get isReusable(): boolean {
    return this.failure === undefined && this.memoryBytes + this.tiles.length <= KEPT_BYTES;
  }

  /** Writes the tiles of a picture. `signal` ends the work after the rows that are under way. */
  async tile(pixels: Uint8Array, job: ResizeJob, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.worker.ref();
    try {
      if (this.tiles.length < into.length) this.tiles = shareBytes(into.length);
      const { isPossible } = await this.request({ job, into: this.tiles.subarray(0, into.length) });
      if (!isPossible) throw new ImageTooWideToResizeError(job.width, job.height);
      await this.pushBands(pixels, signal);
      for (let start = 0; start < into.length; start += SLICE_BYTES) {
        into.set(this.tiles.subarray(start, Math.min(start + SLICE_BYTES, into.length)), start);
        await setImmediate();
      }
    } finally {
      this.worker.unref();
    }
  }

  /** Ends the thread, whatever it does. */
  close(): void {
    this.fail(new TilingThreadError('it was closed'));
    void this.worker.terminate();
  }

  private request(request: TilingRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.waiting.push({
        resolve: (answer) => {
          this.memoryBytes = answer.memoryBytes;
          resolve(answer);
        },
        reject,
      });
      this.worker.postMessage(request);
    });
  }

  private async pushBands(pixels: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const underWay: Promise<Answer>[] = [];
    try {
      for (let start = 0; start < pixels.length; start += SLICE_BYTES) {
        const band = this.bands[underWay.length % BAND_COUNT] as Uint8Array;
        await underWay.at(-BAND_COUNT);
        signal?.throwIfAborted();
        const slice = pixels.subarray(start, start + SLICE_BYTES);
        band.set(slice);
        underWay.push(this.request({ pixels: band.subarray(0, slice.length) }));
      }
      await Promise.all(underWay);
    } finally {
      await Promise.allSettled(underWay);
    }
  }

  private fail(error: TilingThreadError): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

function shareBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}
