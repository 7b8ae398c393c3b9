import { Worker } from 'node:worker_threads';
import { ImageTooWideToResizeError, TilingThreadError } from './errors.js';
import { type ResizeJob } from './resize-job.js';

export interface TilingWorkerData {
  readonly module: WebAssembly.Module;
}

/** The beginning of a picture, or the next of its pixels. */
export type TilingRequest =
  { readonly job: ResizeJob } | { readonly slice: Uint8Array<ArrayBuffer>; readonly length: number };

export interface TilingAnswer {
  /** Whether memory suffices. */
  readonly isPossible: boolean;
  readonly memoryBytes: number;
  /** The memory of the request. */
  readonly slice?: Uint8Array<ArrayBuffer>;
  /** After the last pixels. */
  readonly tiles?: Uint8Array<ArrayBuffer> | undefined;
}

interface Waiting {
  readonly resolve: (answer: TilingAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Of pixels, that are copied between two turns of the event loop: a fraction of a millisecond. */
const SLICE_BYTES = 1024 ** 2;
/** While the thread works on one, the next is filled. */
const SLICE_COUNT = 2;
/** What a thread may keep from one picture to the next. */
const KEPT_BYTES = 96 * 1024 ** 2;

/**
 * A thread that turns one picture at a time into tiles. An idle one does not keep the process alive.
 *
 * Memory is handed to and fro rather than shared: V8 copies shared memory at half the speed, and does not count it, so
 * that it would pile up for gigabytes before it is collected.
 */
export class TilingThread {
  private readonly worker: Worker;
  private readonly waiting: Waiting[] = [];
  private readonly slices = Array.from({ length: SLICE_COUNT }, () => new Uint8Array(SLICE_BYTES));
  private memoryBytes = 0;
  private failure: TilingThreadError | undefined;

  constructor(module: WebAssembly.Module) {
    const workerData: TilingWorkerData = { module };
    this.worker = new Worker(new URL('./tiling-worker.mjs', import.meta.url), {
      workerData,
      name: 'tessera-tiling',
      execArgv: [],
    });
    this.worker.on('message', (answer: TilingAnswer) => this.receive(answer));
    this.worker.once('error', (cause) => this.fail(new TilingThreadError('it failed', { cause })));
    this.worker.once('exit', (code) => this.fail(new TilingThreadError(`it ended with code ${code}`)));
    this.worker.unref();
  }

  /** Whether it can take another picture without holding on to the memory of a huge one. */
  get isReusable(): boolean {
    return this.failure === undefined && this.memoryBytes <= KEPT_BYTES;
  }

  /** The tiles of a picture. `signal` ends the work after the rows that are under way. */
  async tile(pixels: Uint8Array, job: ResizeJob, signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.worker.ref();
    try {
      const { isPossible } = await this.request({ job });
      if (!isPossible) throw new ImageTooWideToResizeError(job.width, job.height);
      return await this.push(pixels, signal);
    } finally {
      this.worker.unref();
    }
  }

  /** Ends the thread, whatever it does. */
  close(): void {
    this.fail(new TilingThreadError('it was closed'));
    void this.worker.terminate();
  }

  private async push(pixels: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const underWay: Promise<TilingAnswer>[] = [];
    try {
      for (let start = 0; start < pixels.length; start += SLICE_BYTES) {
        await underWay.at(-SLICE_COUNT);
        signal?.throwIfAborted();
        underWay.push(this.pushSlice(pixels.subarray(start, start + SLICE_BYTES)));
      }
      const { tiles } = (await Promise.all(underWay)).at(-1) ?? {};
      if (tiles === undefined) throw new TilingThreadError('it gave no tiles for the last pixels');
      return tiles;
    } finally {
      await Promise.allSettled(underWay);
    }
  }

  private pushSlice(pixels: Uint8Array): Promise<TilingAnswer> {
    const slice = this.slices.pop() ?? new Uint8Array(SLICE_BYTES);
    slice.set(pixels);
    return this.request({ slice, length: pixels.length }, [slice.buffer]);
  }

  private request(request: TilingRequest, given: ArrayBuffer[] = []): Promise<TilingAnswer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(request, given);
    });
  }

  private receive(answer: TilingAnswer): void {
    this.memoryBytes = answer.memoryBytes;
    if (answer.slice !== undefined) this.slices.push(answer.slice);
    this.waiting.shift()?.resolve(answer);
  }

  private fail(error: TilingThreadError): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}
