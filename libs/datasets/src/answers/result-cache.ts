import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Caption } from '../run/answer.js';
import type { AnswerStore } from './answer-store.js';
import { DigestIndex } from './digest-index.js';
import { RecordLog } from './record-log.js';

const captionSchema = z.object({
  caption: z.string(),
  finishReason: z.enum(['stop', 'length']),
  width: z.int().nullable(),
  height: z.int().nullable(),
  tiles: z.int().nullable(),
  promptTokens: z.int().nullable(),
  completionTokens: z.int().nullable(),
  model: z.object({ id: z.string(), revision: z.string() }),
});

export interface ResultCacheOptions {
  readonly folder: string;
  /** What its files may take together, about; the oldest go. */
  readonly maxBytes: number;
  /** Told once, when it cannot be read or written: from then on it forgets. */
  readonly onFailure: (error: unknown) => void;
}

/** Files that what is allowed is cut into: so much goes at once. */
const FILE_COUNT = 16;
const ENDING = '.captions';
const TIME_DIGITS = 14;
/** A place is the number of a file and an offset in it. */
const FILE_FACTOR = 2 ** 40;

/**
 * Captions of all runs on this machine, in files of a folder. Every process adds to files of its own and reads those that
 * were there when it began, so any number may run at a time.
 */
export class ResultCache implements AnswerStore {
  private readonly places = new DigestIndex();
  /** By their numbers. */
  private readonly files: { readonly name: string; readonly log: RecordLog }[] = [];
  private readonly loaded: Promise<void>;
  private hasFailed = false;
  private madeFiles = 0;
  /** Makes a new file when the last one is full, one at a time. */
  private turning: Promise<void> = Promise.resolve();
  private current: { readonly number: number; readonly log: RecordLog } | undefined;

  constructor(private readonly options: ResultCacheOptions) {
    this.loaded = this.load().catch((error: unknown) => this.fail(error));
  }

  async get(digest: string): Promise<Caption | undefined> {
    await this.loaded;
    const place = this.places.get(digest);
    if (this.hasFailed || place === undefined) return undefined;
    try {
      const file = this.files[Math.floor(place / FILE_FACTOR)];
      const text = await file?.log.read({ digest, offset: place % FILE_FACTOR });
      return text === undefined ? undefined : captionSchema.parse(JSON.parse(text));
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  async put(digest: string, caption: Caption): Promise<void> {
    await this.loaded;
    if (this.hasFailed) return;
    try {
      const { log, number } = await this.openCurrent();
      this.places.set(digest, number * FILE_FACTOR + log.append(digest, JSON.stringify(caption)));
    } catch (error) {
      this.fail(error);
    }
  }

  async close(): Promise<void> {
    await this.loaded;
    // What went wrong with it was reported by the caption that needed it.
    await this.turning.catch(() => undefined);
    for (const { log } of this.files) await log.close();
  }

  private async load(): Promise<void> {
    const { folder } = this.options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await this.names()) {
      const log = await RecordLog.openOld(join(folder, name));
      const number = this.files.push({ name, log }) - 1;
      for await (const { digest, offset } of log.records()) {
        this.places.set(digest, number * FILE_FACTOR + offset);
      }
    }
  }

  /** Oldest first. */
  private async names(): Promise<string[]> {
    const names = await readdir(this.options.folder);
    return names.filter((name) => name.endsWith(ENDING)).sort();
  }

  private async openCurrent(): Promise<{ readonly number: number; readonly log: RecordLog }> {
    const maxFileBytes = this.options.maxBytes / FILE_COUNT;
    if (this.current === undefined || this.current.log.byteLength >= maxFileBytes) {
      const full = this.current;
      this.turning = this.turning.then(() => (this.current === full ? this.turn() : undefined));
      await this.turning;
    }
    // It was just made.
    return this.current as NonNullable<typeof this.current>;
  }

  private async turn(): Promise<void> {
    const { folder, maxBytes } = this.options;
    this.madeFiles += 1;
    const time = String(Date.now()).padStart(TIME_DIGITS, '0');
    const name = `${time}-${randomBytes(4).toString('hex')}-${this.madeFiles}${ENDING}`;
    const log = await RecordLog.create(join(folder, name));
    this.current = { log, number: this.files.push({ name, log }) - 1 };
    // Counted as if it were full. Whoever still reads a file that goes reads on.
    let bytes = maxBytes / FILE_COUNT;
    const before = this.files.slice(0, -1).reverse();
    for (const file of before) {
      bytes += file.log.byteLength;
      if (bytes > maxBytes) await rm(join(folder, file.name), { force: true });
    }
  }

  private fail(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.options.onFailure(error);
  }
}
