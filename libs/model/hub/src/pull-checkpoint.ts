import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { acquireLockFile, LockHeldError, type LockFile } from '@tessera/processes';
import {
  checkDiskSpace,
  downloadFile,
  type HttpAnswer,
  HttpClient,
  type HttpClientOptions,
  ProgressTally,
  type RemoteFile,
  type Retries,
  type Retry,
  runAll,
  type TransferProgress,
  type TransferObserver,
} from '@tessera/download';
import { beginReplacing, findMissingFiles, mayReplaceFiles } from './checkpoint-folder.js';
import { chooseFiles } from './choose-files.js';
import { PullUnderWayError } from './errors.js';
import { HubRepository } from './hub-repository.js';
import { readSmallFile } from './read-small-file.js';
import { readSourceRecord, type SourceRecord, writeSourceRecord } from './source-record.js';

const LOCK_FILE = '.tessera-pull.lock';
const FILES_AT_A_TIME = 3;
const RETRIES = 5;
const FIRST_RETRY_DELAY_MS = 1000;

/** The hub, and how to get there. */
export type HubOptions = Omit<HttpClientOptions, 'endpointName'>;

export interface PullOptions {
  readonly hub: HubOptions;
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Folder of the checkpoint; made where it is not there. */
  readonly directory: string;
  /** Overwrites files that did not come from this repository. */
  readonly force?: boolean;
  /** Ends the download; what has arrived stays, for the next one to continue. */
  readonly signal: AbortSignal;
  readonly observer?: PullObserver;
  /** Before the second attempt of a request. Default: 1000. */
  readonly firstRetryDelayMs?: number;
}

/** Told what happens during a download. */
export interface PullObserver extends TransferObserver {
  planned?(plan: PullPlan): void;
}

/** What makes up the checkpoint. */
export interface PullPlan {
  readonly commit: string;
  readonly fileCount: number;
  readonly bytes: number;
}

export interface PulledCheckpoint extends PullPlan {
  readonly directory: string;
  /** Files that were not there before. */
  readonly downloadedFileCount: number;
}

/**
 * Downloads a checkpoint: what is missing of it, by the commit that `revision` stands for now, checked against the
 * hub's checksums. What has arrived stays whatever happens, and the next call continues it.
 * @throws errors of this package; the reason of an aborted signal
 */
export async function pullCheckpoint(options: PullOptions): Promise<PulledCheckpoint> {
  const http = new HttpClient({ ...options.hub, endpointName: 'HF_ENDPOINT' });
  try {
    const retries = retriesOf(options);
    const repository = new HubRepository(http, options.repository, retries);
    const commit = await repository.resolveCommit(options.revision);
    const listed = await repository.listFiles(commit);
    const read = (file: RemoteFile) => readSmallFile(file, { http, repository, commit, retries });
    const files = await chooseFiles(options.repository, listed, read);
    return await new Pull(options, { http, repository, retries }, { commit, files }).run();
  } finally {
    await http.close();
  }
}

interface Hub {
  readonly http: HttpClient;
  readonly repository: HubRepository;
  readonly retries: Retries;
}

/** One download into one folder. */
class Pull {
  private readonly directory: string;

  constructor(
    private readonly options: PullOptions,
    private readonly hub: Hub,
    private readonly wanted: { readonly commit: string; readonly files: readonly RemoteFile[] },
  ) {
    this.directory = resolve(options.directory);
  }

  async run(): Promise<PulledCheckpoint> {
    const { commit, files } = this.wanted;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const plan = { commit, fileCount: files.length, bytes };
    this.options.observer?.planned?.(plan);
    await mkdir(this.directory, { recursive: true });
    const lock = await lockFolder(this.directory);
    try {
      const downloadedFileCount = await this.complete();
      return { ...plan, directory: this.directory, downloadedFileCount };
    } finally {
      await lock.release();
    }
  }

  private async complete(): Promise<number> {
    const { directory, record } = this;
    const { repository, force = false, signal } = this.options;
    const { files } = this.wanted;
    const mayReplace = await mayReplaceFiles(directory, repository, force);
    const content = { directory, files, tally: this.tally('checking'), signal };
    const missing = await findMissingFiles(content, mayReplace);
    await checkDiskSpace(directory, missing);
    if (missing.length === 0 && isDeepStrictEqual(await readSourceRecord(directory), record)) return 0;
    await beginReplacing(directory, record);
    await this.download(missing);
    await writeSourceRecord(directory, record);
    return missing.length;
  }

  private async download(missing: readonly RemoteFile[]): Promise<void> {
    const tally = this.tally('downloading');
    for (const file of this.wanted.files) if (!missing.includes(file)) tally.finished(file);
    const { http, repository, retries } = this.hub;
    const { commit } = this.wanted;
    const context = {
      http,
      directory: this.directory,
      urlOf: (path: string) => repository.fileUrl(commit, path),
      refusal: (answer: HttpAnswer) => repository.refusal(answer, commit),
      progress: tally,
    };
    const options = { concurrency: FILES_AT_A_TIME, signal: this.options.signal };
    await runAll(missing, options, async (file, signal) => {
      await downloadFile(file, { ...context, retries: { ...retries, signal } });
      tally.finished(file);
    });
  }

  private tally(phase: TransferProgress['phase']): ProgressTally {
    return new ProgressTally(phase, this.wanted.files, (progress) =>
      this.options.observer?.progressed?.(progress),
    );
  }

  private get record(): SourceRecord {
    const { endpoint } = this.hub.http;
    const { repository, revision } = this.options;
    const { commit, files } = this.wanted;
    return { endpoint, repository, revision, commit, complete: true, files: files.map(({ path }) => path) };
  }
}

function retriesOf({ signal, observer, firstRetryDelayMs = FIRST_RETRY_DELAY_MS }: PullOptions): Retries {
  const onRetry = (retry: Retry) => observer?.retrying?.(retry);
  return { count: RETRIES, firstDelayMs: firstRetryDelayMs, signal, onRetry };
}

async function lockFolder(directory: string): Promise<LockFile> {
  return acquireLockFile(join(directory, LOCK_FILE)).catch((cause: unknown) => {
    throw cause instanceof LockHeldError
      ? new PullUnderWayError(directory, cause.owner.pid, { cause })
      : cause;
  });
}
