import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Retry, type TransferProgress } from '@tessera/download';
import { type PullOptions, pullCheckpoint } from '@tessera/hub';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { type HubFile, type ModelHub, startModelHub } from '../../model-hub/model-hub.js';

export const REPOSITORY = 'OpenGVLab/Tiny';

/** Content that no two files share, the same in every run. */
export function bytesOf(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, block) =>
    createHash('sha256').update(`${seed} ${block}`).digest(),
  );
  return Buffer.concat(blocks, length);
}

export const json = (value: unknown): HubFile => ({ content: Buffer.from(JSON.stringify(value)) });

export const WEIGHTS = bytesOf('weights', 300_000);

/** A checkpoint with its weights in one file. */
export const CHECKPOINT: Record<string, HubFile> = {
  'config.json': json({ model_type: 'internvl_chat' }),
  'tokenizer.model': { content: bytesOf('tokenizer', 5000), lfs: true },
  'model.safetensors': { content: WEIGHTS, lfs: true },
};

const OTHER_BYTES = Object.entries(CHECKPOINT).reduce(
  (sum, [name, { content }]) => sum + (name === 'model.safetensors' ? 0 : content.length),
  0,
);

/** A hub, an empty folder, and what a download of it reports. */
export class PullFixture {
  readonly retries: Retry[] = [];
  readonly progress: TransferProgress[] = [];

  private readonly listeners = new Set<(progress: TransferProgress) => void>();

  private constructor(
    readonly hub: ModelHub,
    private readonly home: TemporaryDirectory,
  ) {}

  static async open(): Promise<PullFixture> {
    return new PullFixture(await startModelHub(), await temporaryDirectory());
  }

  async close(): Promise<void> {
    await this.hub.stop();
    await this.home.remove();
  }

  get directory(): string {
    return join(this.home.path, 'checkpoint');
  }

  /** Settles when a download has so many bytes of the weights of {@link CHECKPOINT}, and everything else. */
  weightsAt(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.listeners.add(({ phase, bytesDone }) => {
        if (phase === 'downloading' && bytesDone === bytes + OTHER_BYTES) resolve();
      });
    });
  }

  pull(options: Partial<PullOptions> = {}) {
    return pullCheckpoint({
      hub: { endpoint: this.hub.endpoint },
      repository: REPOSITORY,
      revision: 'main',
      directory: this.directory,
      signal: new AbortController().signal,
      firstRetryDelayMs: 1,
      observer: {
        retrying: (retry) => this.retries.push(retry),
        progressed: (progress) => {
          this.progress.push(progress);
          for (const listener of this.listeners) listener(progress);
        },
      },
      ...options,
    });
  }
}
