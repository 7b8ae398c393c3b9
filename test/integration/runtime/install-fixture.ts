import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Retry, type TransferProgress } from '@tessera/download';
import {
  type InstallOptions,
  type InstallPlan,
  installRuntime,
  type PinnedWheel,
  type RuntimeBuild,
} from '@tessera/ort-runtime';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { bytesOf } from '../hub/pull-fixture.js';
import { LocalPackageIndex, sha256 } from '../../package-index/package-index.js';
import { buildWheel } from '../../package-index/wheel.js';

export const CORE = bytesOf('libonnxruntime', 200_000);
export const BLAS = bytesOf('libcublas', 90_000);

/** What the wheels of the tests hold; they are never loaded. */
const CORE_ENTRIES = {
  'onnxruntime/__init__.py': Buffer.from('print("never run")'),
  'onnxruntime/LICENSE': Buffer.from('MIT'),
  'onnxruntime/capi/libonnxruntime.so.9.9.9': CORE,
};
const BLAS_ENTRIES = {
  'nvidia/lib/libcublas.so.13': BLAS,
  'nvidia/include/cublas.h': Buffer.from('// never kept'),
};

export const CORE_WHEEL = 'onnxruntime_gpu-9.9.9-cp311-cp311-manylinux_2_28_x86_64.whl';
export const BLAS_WHEEL = 'nvidia_cublas-13.9.9-py3-none-manylinux_2_27_x86_64.whl';

/** A build of two small wheels, an index that offers them, and an empty folder. */
export class InstallFixture {
  readonly plans: InstallPlan[] = [];
  readonly progress: TransferProgress[] = [];
  readonly retries: Retry[] = [];

  private readonly listeners = new Set<(progress: TransferProgress) => void>();

  private constructor(
    readonly index: LocalPackageIndex,
    private readonly home: TemporaryDirectory,
    readonly wheels: Readonly<Record<string, Buffer>>,
    readonly build: RuntimeBuild,
  ) {}

  static async open(): Promise<InstallFixture> {
    const core = await buildWheel(CORE_ENTRIES);
    const blas = await buildWheel(BLAS_ENTRIES);
    const index = await new LocalPackageIndex().start();
    index.publish('onnxruntime-gpu', CORE_WHEEL, core);
    index.publish('nvidia-cublas', BLAS_WHEEL, blas);
    const files = {
      core: [
        { entry: 'onnxruntime/LICENSE', target: 'licences/onnxruntime-gpu/LICENSE', bytes: 3 },
        {
          entry: 'onnxruntime/capi/libonnxruntime.so.9.9.9',
          target: 'lib/libonnxruntime.so.1',
          bytes: CORE.length,
        },
      ],
      blas: [{ entry: 'nvidia/lib/libcublas.so.13', target: 'lib/libcublas.so.13', bytes: BLAS.length }],
    };
    const build: RuntimeBuild = {
      device: 'cuda',
      version: '9.9.9',
      requires: 'nothing',
      platform: 'linux',
      arch: 'x64',
      library: 'lib/libonnxruntime.so.1',
      preload: ['lib/libcublas.so.13'],
      wheels: [
        pin('onnxruntime-gpu', CORE_WHEEL, core, files.core),
        pin('nvidia-cublas', BLAS_WHEEL, blas, files.blas),
      ],
    };
    return new InstallFixture(
      index,
      await temporaryDirectory(),
      { [CORE_WHEEL]: core, [BLAS_WHEEL]: blas },
      build,
    );
  }

  async close(): Promise<void> {
    await this.index.stop();
    await this.home.remove();
  }

  /** A folder of the test's own. */
  path(name: string): string {
    return join(this.home.path, name);
  }

  get runtimeDirectory(): string {
    return this.path('runtime');
  }

  get directory(): string {
    return join(this.runtimeDirectory, 'onnxruntime-9.9.9-cuda-linux-x64');
  }

  /** Settles when so many bytes of the first wheel have arrived, and the second wheel in full. */
  coreWheelAt(bytes: number): Promise<void> {
    const bytesWanted = bytes + (this.wheels[BLAS_WHEEL]?.length ?? NaN);
    return new Promise((resolve) => {
      this.listeners.add(({ phase, bytesDone }) => {
        if (phase === 'downloading' && bytesDone === bytesWanted) resolve();
      });
    });
  }

  install(options: Partial<InstallOptions> = {}) {
    return installRuntime({
      build: this.build,
      runtimeDirectory: this.runtimeDirectory,
      source: { index: { url: this.index.url } },
      signal: new AbortController().signal,
      firstRetryDelayMs: 1,
      observer: {
        planned: (plan) => this.plans.push(plan),
        progressed: (progress) => {
          this.progress.push(progress);
          for (const listener of this.listeners) listener(progress);
        },
        retrying: (retry) => this.retries.push(retry),
      },
      ...options,
    });
  }

  /** The build with its first wheel made of this content, which the index then offers. */
  withCoreWheel(content: Buffer): RuntimeBuild {
    const [core, ...others] = this.build.wheels as readonly [PinnedWheel, ...PinnedWheel[]];
    this.index.publish(core.project, core.fileName, content);
    return {
      ...this.build,
      wheels: [{ ...core, bytes: content.length, sha256: sha256(content) }, ...others],
    };
  }

  /** Everything under the folder of runtimes, by its path in it. */
  async contents(): Promise<string[]> {
    const entries = await readdir(this.runtimeDirectory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files
      .map(({ parentPath, name }) => relative(this.runtimeDirectory, join(parentPath, name)))
      .sort();
  }

  /** A file of the installed build. */
  read(target: string): Promise<Buffer> {
    return readFile(join(this.directory, target));
  }
}

function pin(project: string, fileName: string, content: Buffer, files: PinnedWheel['files']): PinnedWheel {
  return { project, version: '9.9.9', fileName, bytes: content.length, sha256: sha256(content), files };
}
