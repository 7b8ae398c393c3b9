import { setTimeout as delay } from 'node:timers/promises';
import { randomNumbers } from '@tessera/testing';
import { pictureDataUrl, readQuestions } from '../questions.js';
import { Asker } from './asker.js';
import { type Endpoints } from './endpoints.js';
import { Repeated } from './repeated.js';
import { StoredFiles } from './stored-files.js';
import { type TenantBooks } from './tenant-book.js';
import { MODEL_WITHOUT_WORKER } from './tenant-system.js';
import { type TenantName, type Tenants } from './tenants.js';

const STREAM_READERS = 8;
const QUEUE_PUSHERS = 4;
const PICTURE_ASKERS = 2;
const UPLOADERS = 2;
const REFUSED_MS = 80;
const SHORTEST_HOLD_MS = 500;
const CANCELLED = 0.05;
/** Ended jobs that stay as long as there is room. */
const KEPT_JOBS = 4;
/** Deleted when there is no more room. */
const DELETED_AT_ONCE = 6;
const WAIT_SECONDS = 5;

export interface LoadOptions {
  readonly tenants: Tenants;
  readonly books: TenantBooks;
  readonly endpoints: Endpoints;
  readonly seed: number;
}

/** The clients of all tenants, each of which asks for more than its key may have, until they are told to stop. */
export class Loads {
  private readonly random: () => number;
  private readonly clients: Repeated[] = [];
  private readonly pictures: readonly string[];

  private constructor(
    private readonly options: LoadOptions,
    /** A job that nobody answers, whose stream stays open as long as its reader likes. */
    private readonly waitingJobId: string,
  ) {
    this.random = randomNumbers(options.seed);
    this.pictures = readQuestions().map((question) => pictureDataUrl(question));
    this.start(STREAM_READERS, () => this.readStream());
    this.start(1, this.waitingAsker());
    this.start(QUEUE_PUSHERS, this.pusher());
    this.start(PICTURE_ASKERS, this.pictureAsker());
    this.start(UPLOADERS, this.uploader());
    this.start(1, this.tokenUser());
  }

  static async start(options: LoadOptions): Promise<Loads> {
    const asker = new Asker(options.tenants.streams, options.books.streams);
    const job = await asker.ask({ model: MODEL_WITHOUT_WORKER });
    if (job === undefined) throw new Error('the first job of a key was refused');
    return new Loads(options, job.id);
  }

  throwIfFailed(): void {
    for (const client of this.clients) client.throwIfFailed();
  }

  /** Resolves when every request under way has been answered, and the job that nobody answers is cancelled. */
  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.stop()));
    const { client } = this.options.tenants.streams;
    await client.send(`/v1/jobs/${this.waitingJobId}/cancel`, { method: 'POST' });
  }

  private start(count: number, action: () => Promise<void>): void {
    for (let index = 0; index < count; index += 1) this.clients.push(new Repeated(action));
  }

  private asker(name: TenantName): Asker {
    return new Asker(this.options.tenants[name], this.options.books[name]);
  }

  private async readStream(): Promise<void> {
    const path = `/v1/jobs/${this.waitingJobId}/stream`;
    const isOpened = await this.options.tenants.streams.client.hold(
      path,
      SHORTEST_HOLD_MS * (1 + 4 * this.random()),
    );
    if (!isOpened) await delay(REFUSED_MS);
  }

  private waitingAsker(): () => Promise<void> {
    const asker = this.asker('streams');
    return async () => {
      await asker.ask({ wait: WAIT_SECONDS });
      await delay(200 * this.random());
    };
  }

  private pusher(): () => Promise<void> {
    const asker = this.asker('queue');
    return async () => {
      const job = await asker.ask();
      if (job === undefined || this.random() >= CANCELLED) return;
      await asker.tenant.client.send(`/v1/jobs/${job.id}/cancel`, { method: 'POST' });
    };
  }

  private pictureAsker(): () => Promise<void> {
    const asker = this.asker('storage');
    const isTold = this.options.endpoints.good('storage');
    const kept: string[] = [];
    return async () => {
      const picture = this.pictures[Math.floor(this.random() * this.pictures.length)] ?? '';
      const job = await asker.ask({ images: [picture, picture] });
      if (job !== undefined) kept.push(job.id);
      else await delay(REFUSED_MS);
      // Deleted before it was told of, it never would be.
      const ended = kept.filter((id) => isTold.hasTaken(id));
      const deleted = ended.slice(
        0,
        job === undefined ? DELETED_AT_ONCE : Math.max(0, ended.length - KEPT_JOBS),
      );
      for (const id of deleted) kept.splice(kept.indexOf(id), 1);
      for (const id of deleted) await asker.delete(id);
    };
  }

  private uploader(): () => Promise<void> {
    const { tenants, books } = this.options;
    const stored = new StoredFiles(tenants.storage.client, books.storage, this.random);
    return async () => {
      if (await stored.upload()) return;
      await stored.deleteOldest(DELETED_AT_ONCE);
      await delay(REFUSED_MS);
    };
  }

  private tokenUser(): () => Promise<void> {
    const asker = this.asker('tokens');
    return async () => {
      const job = await asker.ask();
      await delay(job === undefined ? REFUSED_MS : 150 * this.random());
    };
  }
}
