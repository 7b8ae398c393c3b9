import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  checkDiskSpace,
  ProgressTally,
  type Retries,
  type Retry,
  type TransferProgress,
  type TransferObserver,
} from '@tessera/download';
import { acquireLockFile, LockHeldError, type LockFile } from '@tessera/processes';
import { InstallUnderWayError } from './errors.js';
import { directoryOf, inspectRuntime, writeRecord } from './installed-runtime.js';
import { filesOf, type PinnedWheel, type RuntimeBuild, sizesOf } from './runtime-build.js';
import { unpackWheel } from './unpack-wheel.js';
import {
  checkFolder,
  downloadWheels,
  findMissingWheels,
  type IndexOptions,
  toRemoteFile,
} from './wheel-source.js';

const LOCK_FILE = '.tessera-install.lock';
const RETRIES = 5;
const FIRST_RETRY_DELAY_MS = 1000;

export interface InstallOptions {
  readonly build: RuntimeBuild;
  /** Folder of all runtimes; made where it is not there. */
  readonly runtimeDirectory: string;
  /** Where the wheels come from: an index, or a folder that holds them already. */
  readonly source: { readonly index: IndexOptions } | { readonly folder: string };
  /** Installs again what is installed. */
  readonly force?: boolean;
  /** Ends the installation; what was downloaded stays, for the next one to continue. */
  readonly signal: AbortSignal;
  readonly observer?: InstallObserver;
  /** Before the second attempt of a request. Default: 1000. */
  readonly firstRetryDelayMs?: number;
}

/** Told what happens during an installation. */
export interface InstallObserver extends TransferObserver {
  planned?(plan: InstallPlan): void;
}

export interface InstallPlan {
  readonly directory: string;
  /** Of the wheels; a part of them may have been downloaded before. */
  readonly wheelBytes: number;
  /** Of what is taken from them, which is what stays. */
  readonly unpackedBytes: number;
}

export interface InstalledRuntime extends InstallPlan {
  /** False when everything was there already. */
  readonly isNew: boolean;
}

/**
 * Installs a build of ONNX Runtime from its pinned wheels: downloads them, checks them, unpacks what is needed beside the
 * place where it goes, and puts it there in one step. What has been downloaded stays until then.
 * @throws errors of this package and of `@tessera/download`; the reason of an aborted signal
 */
export async function installRuntime(options: InstallOptions): Promise<InstalledRuntime> {
  const { build, observer } = options;
  const runtimeDirectory = resolve(options.runtimeDirectory);
  const directory = directoryOf(runtimeDirectory, build);
  const plan = { directory, ...sizesOf(build) };
  await mkdir(runtimeDirectory, { recursive: true });
  const lock = await lockFolder(runtimeDirectory);
  try {
    const { kind } = await inspectRuntime(runtimeDirectory, build);
    if (kind === 'installed' && options.force !== true) return { ...plan, isNew: false };
    observer?.planned?.(plan);
    await new Installation(options, directory).run();
    return { ...plan, isNew: true };
  } finally {
    await lock.release();
  }
}

class Installation {
  private readonly downloads: string;
  private readonly draft: string;

  constructor(
    private readonly options: InstallOptions,
    private readonly directory: string,
  ) {
    this.downloads = `${directory}.wheels`;
    this.draft = `${directory}.new`;
  }

  async run(): Promise<void> {
    const { build } = this.options;
    const wheels = await this.getWheels();
    try {
      await this.unpack(wheels);
      await writeRecord(this.draft, build);
      await this.replace();
    } finally {
      await rm(this.draft, { recursive: true, force: true });
    }
    await rm(this.downloads, { recursive: true, force: true });
  }

  /** The folder that holds all wheels, checked. */
  private async getWheels(): Promise<string> {
    const { build, source, signal } = this.options;
    const { wheels } = build;
    const { unpackedBytes } = sizesOf(build);
    const tally = this.tally('checking', wheels.map(toRemoteFile));
    if ('folder' in source) {
      const folder = resolve(source.folder);
      await checkFolder(folder, wheels, { tally, signal });
      await checkDiskSpace(this.place, [], unpackedBytes);
      return folder;
    }
    const missing = await findMissingWheels(this.downloads, wheels, { tally, signal });
    await mkdir(this.downloads, { recursive: true });
    await checkDiskSpace(this.downloads, missing.map(toRemoteFile), unpackedBytes);
    await this.download(source.index, missing);
    return this.downloads;
  }

  private async download(index: IndexOptions, missing: readonly PinnedWheel[]): Promise<void> {
    if (missing.length === 0) return;
    const { wheels } = this.options.build;
    const tally = this.tally('downloading', wheels.map(toRemoteFile));
    for (const wheel of wheels) if (!missing.includes(wheel)) tally.finished(toRemoteFile(wheel));
    await downloadWheels(missing, { directory: this.downloads, index, retries: this.retries, tally });
  }

  private async unpack(folder: string): Promise<void> {
    const { build, signal } = this.options;
    const tally = this.tally(
      'unpacking',
      filesOf(build).map(({ target, bytes }) => ({ path: target, bytes })),
    );
    await rm(this.draft, { recursive: true, force: true });
    const onBytes = (target: string, count: number) => tally.received(target, count);
    for (const wheel of build.wheels) {
      const file = join(folder, wheel.fileName);
      await unpackWheel(wheel, { file, directory: this.draft, signal, onBytes });
      for (const { target, bytes } of wheel.files) tally.finished({ path: target, bytes });
    }
  }

  /** A process that has loaded the old libraries keeps them. */
  private async replace(): Promise<void> {
    const old = `${this.directory}.old`;
    await rm(old, { recursive: true, force: true });
    await rename(this.directory, old).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
    await rename(this.draft, this.directory);
    await rm(old, { recursive: true, force: true });
  }

  private get place(): string {
    return resolve(this.options.runtimeDirectory);
  }

  private get retries(): Retries {
    const { signal, observer, firstRetryDelayMs = FIRST_RETRY_DELAY_MS } = this.options;
    const onRetry = (retry: Retry) => observer?.retrying?.(retry);
    return { count: RETRIES, firstDelayMs: firstRetryDelayMs, signal, onRetry };
  }

  private tally(
    phase: TransferProgress['phase'],
    files: readonly { path: string; bytes: number }[],
  ): ProgressTally {
    return new ProgressTally(phase, files, (progress) => this.options.observer?.progressed?.(progress));
  }
}

async function lockFolder(directory: string): Promise<LockFile> {
  return acquireLockFile(join(directory, LOCK_FILE)).catch((cause: unknown) => {
    throw cause instanceof LockHeldError
      ? new InstallUnderWayError(directory, cause.owner.pid, { cause })
      : cause;
  });
}
