import { type Logger } from '@tessera/observability';
import { type FileIndex, RepeatedPass } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { type FileStore } from '../file-store.js';
import { expireFiles, expireUploads } from './expire.js';
import { sweepFiles, sweepUploads } from './sweep.js';

export interface FileUpkeepOptions {
  readonly objectStore: ObjectStore;
  readonly index: FileIndex;
  readonly files: FileStore;
  readonly logger: Logger;
  readonly timings?: Partial<FileUpkeepTimings>;
}

/** Milliseconds. */
export interface FileUpkeepTimings {
  /** Between the passes that remove what has expired. */
  readonly expireEveryMs: number;
  /** Time that an expired upload's parts stay, for a completion that has begun in time. */
  readonly uploadGraceMs: number;
  /** Between comparisons of the store with the index. */
  readonly sweepEveryMs: number;
  /** Time for which objects must have been seen without an owner before they are removed. */
  readonly orphanAfterMs: number;
}

const TIMINGS: FileUpkeepTimings = {
  expireEveryMs: 30_000,
  uploadGraceMs: 3_600_000,
  sweepEveryMs: 3_600_000,
  orphanAfterMs: 86_400_000,
};

export interface FileUpkeep {
  stop(): Promise<void>;
}

/**
 * Removes expired files and uploads, lists files that the index has lost, removes content that never became a file, and
 * makes what owners are counted to have that which exists.
 * Several processes may run it at the same time. A pass that fails is logged and comes round again.
 */
export function startFileUpkeep(options: FileUpkeepOptions): FileUpkeep {
  const { logger } = options;
  const timings = { ...TIMINGS, ...options.timings };
  const passes = [
    { name: 'expire files', everyMs: timings.expireEveryMs, run: () => expireFiles(options) },
    {
      name: 'expire uploads',
      everyMs: timings.expireEveryMs,
      run: () => expireUploads(options, timings.uploadGraceMs),
    },
    {
      name: 'sweep files',
      everyMs: timings.sweepEveryMs,
      run: () => sweepFiles(options, timings.orphanAfterMs),
    },
    {
      name: 'sweep uploads',
      everyMs: timings.sweepEveryMs,
      run: () => sweepUploads(options, timings.orphanAfterMs),
    },
    { name: 'reconcile stored bytes', everyMs: timings.sweepEveryMs, run: () => reconcileBytes(options) },
  ].map((pass) => new RepeatedPass(pass, logger));
  return { stop: async () => void (await Promise.all(passes.map((pass) => pass.stop()))) };
}

async function reconcileBytes({ index, logger }: FileUpkeepOptions): Promise<void> {
  const removed = await index.storedBytes.reconcile();
  if (removed.length > 0)
    logger.warn({ entryCount: removed.length }, 'stored bytes were counted of what is gone');
}
