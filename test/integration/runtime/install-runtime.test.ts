import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChecksumMismatchError, DiskTooSmallError, HostBusyError } from '@tessera/download';
import {
  inspectRuntime,
  InstallUnderWayError,
  ListedChecksumError,
  type RuntimeBuild,
  WheelContentError,
  WheelDamagedError,
  WheelNotListedError,
  WheelsMissingError,
} from '@tessera/ort-runtime';
import { acquireLockFile } from '@tessera/processes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildWheel, renameEntry } from '../../package-index/wheel.js';
import { BLAS, BLAS_WHEEL, CORE, CORE_WHEEL, InstallFixture } from './install-fixture.js';

const PLACE = 'onnxruntime-9.9.9-cuda-linux-x64';
const INSTALLED = [
  `${PLACE}/lib/libcublas.so.13`,
  `${PLACE}/lib/libonnxruntime.so.1`,
  `${PLACE}/licences/onnxruntime-gpu/LICENSE`,
  `${PLACE}/runtime.json`,
];

let fixture: InstallFixture;
beforeEach(async () => {
  fixture = await InstallFixture.open();
});
afterEach(() => fixture.close());

async function expectInstalled(): Promise<void> {
  expect(await fixture.contents()).toEqual(INSTALLED);
  expect((await fixture.read('lib/libonnxruntime.so.1')).equals(CORE)).toBe(true);
  expect((await fixture.read('lib/libcublas.so.13')).equals(BLAS)).toBe(true);
}

describe('an installation from an index', () => {
  it.each(['json', 'html'] as const)(
    'puts the pinned files in place and nothing else (%s)',
    async (format) => {
      fixture.index.format = format;
      const { directory } = fixture;
      expect(await fixture.install()).toMatchObject({ directory, isNew: true, unpackedBytes: 290_003 });
      await expectInstalled();
      expect(await inspectRuntime(fixture.runtimeDirectory, fixture.build)).toEqual({
        kind: 'installed',
        directory,
        library: {
          path: join(directory, 'lib/libonnxruntime.so.1'),
          preload: [join(directory, 'lib/libcublas.so.13')],
        },
      });
    },
  );

  it('says beforehand what it takes, and how far it is', async () => {
    await fixture.install();
    const wheelBytes = Object.values(fixture.wheels).reduce((sum, { length }) => sum + length, 0);
    expect(fixture.plans).toEqual([{ directory: fixture.directory, wheelBytes, unpackedBytes: 290_003 }]);
    const last = (phase: string) => fixture.progress.filter((progress) => progress.phase === phase).at(-1);
    expect(last('downloading')).toMatchObject({ bytesDone: wheelBytes, filesDone: 2, fileCount: 2 });
    expect(last('unpacking')).toMatchObject({ bytesDone: 290_003, bytesTotal: 290_003, filesDone: 3 });
  });

  it('does nothing where everything is installed, unless it is forced', async () => {
    await fixture.install();
    const requests = fixture.index.requests.length;
    expect(await fixture.install()).toMatchObject({ isNew: false });
    expect(fixture.index.requests).toHaveLength(requests);
    expect(await fixture.install({ force: true })).toMatchObject({ isNew: true });
    expect(fixture.index.downloads).toHaveLength(4);
    await expectInstalled();
  });

  it('repairs what was damaged', async () => {
    await fixture.install();
    await truncate(join(fixture.directory, 'lib/libcublas.so.13'), 5);
    const state = await inspectRuntime(fixture.runtimeDirectory, fixture.build);
    expect(state).toMatchObject({
      kind: 'damaged',
      reason: 'lib/libcublas.so.13 has 5 bytes instead of 90000',
    });
    expect(await fixture.install()).toMatchObject({ isNew: true });
    await expectInstalled();
  });

  it('replaces what was made of other wheels', async () => {
    await fixture.install();
    const entries = {
      'onnxruntime/LICENSE': Buffer.from('BSD'),
      'onnxruntime/capi/libonnxruntime.so.9.9.9': CORE,
    };
    const build = fixture.withCoreWheel(await buildWheel(entries));
    expect(await inspectRuntime(fixture.runtimeDirectory, build)).toMatchObject({ kind: 'damaged' });
    expect(await fixture.install({ build })).toMatchObject({ isNew: true });
    expect(String(await fixture.read('licences/onnxruntime-gpu/LICENSE'))).toBe('BSD');
  });

  it('goes on where a transfer broke off', async () => {
    fixture.index.plan(CORE_WHEEL, { kind: 'drop', afterBytes: 50_000, until: fixture.coreWheelAt(50_000) });
    await fixture.install();
    await expectInstalled();
    expect(fixture.index.downloads.filter(({ range }) => range === 'bytes=50000-')).toHaveLength(1);
    expect(fixture.retries).toHaveLength(1);
  });

  it('goes on where an interrupted one ended', async () => {
    const controller = new AbortController();
    fixture.index.plan(CORE_WHEEL, { kind: 'stall', afterBytes: 50_000 });
    void fixture.coreWheelAt(50_000).then(() => controller.abort('enough'));
    const interrupted = fixture.install({ signal: controller.signal });
    await expect(interrupted).rejects.toBe('enough');
    expect(await fixture.contents()).toContain(`${PLACE}.wheels/${CORE_WHEEL}.partial`);
    await fixture.install();
    await expectInstalled();
    expect(fixture.index.downloads.filter(({ path }) => path.endsWith(BLAS_WHEEL))).toHaveLength(1);
    expect(fixture.index.downloads.at(-1)?.range).toBe('bytes=50000-');
  });
});

describe('an installation is refused', () => {
  it('before anything is downloaded when the index lists another checksum', async () => {
    fixture.index.publish('onnxruntime-gpu', CORE_WHEEL, CORE, 'f'.repeat(64));
    const failure = fixture.install();
    await expect(failure).rejects.toBeInstanceOf(ListedChecksumError);
    await expect(failure).rejects.toThrow(`sha256 ${'f'.repeat(64)}, pinned is `);
    expect(fixture.index.downloads).toEqual([]);
  });

  it('when a wheel arrives damaged twice, and nothing of it is kept', async () => {
    fixture.index.plan(BLAS_WHEEL, { kind: 'corrupt' }, { kind: 'corrupt' });
    await expect(fixture.install()).rejects.toBeInstanceOf(ChecksumMismatchError);
    expect((await fixture.contents()).filter((file) => !file.includes(CORE_WHEEL))).toEqual([]);
  });

  it('when the index has no such version, naming file and remedies', async () => {
    const [core, blas] = fixture.build.wheels;
    const fileName = CORE_WHEEL.replace('9.9.9', '9.9.10');
    const wheels = [{ ...core, fileName, version: '9.9.10' }, blas] as RuntimeBuild['wheels'];
    const failure = fixture.install({ build: { ...fixture.build, wheels } });
    await expect(failure).rejects.toBeInstanceOf(WheelNotListedError);
    await expect(failure).rejects.toThrow(/onnxruntime-gpu\/ does not offer .*9\.9\.10.*--index-url.*--from/);
    expect(fixture.index.downloads).toEqual([]);
  });

  it('when the index has no such project', async () => {
    const wheels = fixture.build.wheels.map((wheel) => ({ ...wheel, project: 'no-such-project' }));
    await expect(fixture.install({ build: { ...fixture.build, wheels } })).rejects.toThrow(
      'it has no no-such-project',
    );
  });

  it('when the index stays busy, after five more attempts', async () => {
    fixture.index.plan(
      CORE_WHEEL,
      ...Array.from({ length: 6 }, () => ({ kind: 'status', status: 503 }) as const),
    );
    await expect(fixture.install()).rejects.toBeInstanceOf(HostBusyError);
  });

  it('before anything is downloaded when the disk is too small for the unpacked files', async () => {
    const [core, blas] = fixture.build.wheels;
    const huge = { entry: 'x', target: 'lib/x', bytes: 2 ** 52 };
    const wheels = [{ ...core, files: [huge] }, blas] as RuntimeBuild['wheels'];
    await expect(fixture.install({ build: { ...fixture.build, wheels } })).rejects.toBeInstanceOf(
      DiskTooSmallError,
    );
    expect(fixture.index.requests).toEqual([]);
  });

  it('while another process installs into the same folder', async () => {
    await mkdir(fixture.runtimeDirectory);
    const lock = await acquireLockFile(join(fixture.runtimeDirectory, '.tessera-install.lock'));
    await expect(fixture.install()).rejects.toBeInstanceOf(InstallUnderWayError);
    await lock.release();
  });
});

describe('a wheel with the right checksum', () => {
  const CORE_ENTRY = 'onnxruntime/capi/libonnxruntime.so.9.9.9';
  const entries = { 'onnxruntime/LICENSE': Buffer.from('MIT'), [CORE_ENTRY]: CORE };
  const escaping = async () =>
    renameEntry(await buildWheel({ ...entries, 'aa/escaped': Buffer.from('!') }), 'aa/escaped', '../escaped');

  it.each([
    ['a name that leads out of the folder', escaping, /relative path/],
    [
      'a file of another size',
      () => buildWheel({ ...entries, [CORE_ENTRY]: BLAS }),
      /90000 bytes, 200000 are pinned/,
    ],
    ['a file too few', () => buildWheel({ [CORE_ENTRY]: CORE }), /it holds no onnxruntime\/LICENSE/],
    [
      'a file twice',
      async () =>
        renameEntry(
          await buildWheel({ ...entries, 'onnxruntime/LICENCE': Buffer.from('GPL') }),
          'onnxruntime/LICENCE',
          'onnxruntime/LICENSE',
        ),
      /twice/,
    ],
    ['what is no zip file', () => Promise.resolve(CORE), /cannot be unpacked/],
  ])('and %s installs nothing', async (_, content, message) => {
    const build = fixture.withCoreWheel(await content());
    const failure = fixture.install({ build });
    await expect(failure).rejects.toBeInstanceOf(WheelContentError);
    await expect(failure).rejects.toThrow(message);
    expect((await fixture.contents()).filter((file) => !file.startsWith(`${PLACE}.wheels/`))).toEqual([]);
    await expect(rm(fixture.path('escaped'))).rejects.toThrow('ENOENT');
  });

  it('and damaged compressed bytes installs nothing', async () => {
    const zip = Buffer.from(await buildWheel(entries));
    zip.fill(0xff, 400, 600);
    await expect(fixture.install({ build: fixture.withCoreWheel(zip) })).rejects.toBeInstanceOf(
      WheelContentError,
    );
    expect(await inspectRuntime(fixture.runtimeDirectory, fixture.build)).toMatchObject({ kind: 'absent' });
  });
});

describe('an installation from a folder', () => {
  const folder = () => fixture.path('wheels');
  const put = async (names: readonly string[]) => {
    await mkdir(folder(), { recursive: true });
    for (const name of names) await writeFile(join(folder(), name), fixture.wheels[name] ?? '');
  };
  const install = () => fixture.install({ source: { folder: folder() } });

  it('needs no index', async () => {
    await put([CORE_WHEEL, BLAS_WHEEL]);
    expect(await install()).toMatchObject({ isNew: true });
    await expectInstalled();
    expect(fixture.index.requests).toEqual([]);
  });

  it('is refused with the names of all wheels that the folder lacks', async () => {
    await put([]);
    const failure = install();
    await expect(failure).rejects.toBeInstanceOf(WheelsMissingError);
    await expect(failure).rejects.toMatchObject({ fileNames: [CORE_WHEEL, BLAS_WHEEL] });
  });

  it('is refused when a wheel is not the pinned one, and nothing is unpacked', async () => {
    await put([CORE_WHEEL, BLAS_WHEEL]);
    await writeFile(join(folder(), BLAS_WHEEL), 'something else');
    const failure = install();
    await expect(failure).rejects.toBeInstanceOf(WheelDamagedError);
    await expect(failure).rejects.toThrow(
      /nvidia_cublas.*expected sha256:[0-9a-f]{64}, given sha256:[0-9a-f]{64}/,
    );
    expect(await fixture.contents()).toEqual([]);
  });
});
