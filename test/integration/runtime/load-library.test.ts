import { symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DeviceUnavailableError, LibraryLoadError, OrtRuntime } from '@tessera/ort';
import { CUDA_BUILDS, findRuntimeLibrary } from '@tessera/ort-runtime';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const OPTIONS = { intraOpThreads: 1, spin: false };
const PROVIDER_LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
const isLinux = process.platform === 'linux';

/** The library of npm's package under another path, where it stands in for another build. */
async function linkLibrary(directory: string): Promise<string> {
  const packageFile = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const file = join(
    dirname(packageFile),
    'bin/napi-v6',
    process.platform,
    process.arch,
    'libonnxruntime.so.1',
  );
  const path = join(directory, 'libonnxruntime.so.1');
  await symlink(file, path);
  return path;
}

let home: TemporaryDirectory;
let path: string;
beforeAll(async () => {
  home = await temporaryDirectory();
  if (isLinux) path = await linkLibrary(home.path);
});
afterAll(() => home.remove());

it('the CUDA builds are of the version that npm installs', () => {
  const runtime = OrtRuntime.create(OPTIONS);
  expect(new Set(CUDA_BUILDS.map(({ version }) => version))).toEqual(new Set([runtime.version]));
  runtime.dispose();
});

it("no library but npm's is asked for by other devices, or where none is installed", async () => {
  expect(await findRuntimeLibrary('cpu', home.path)).toBeUndefined();
  expect(await findRuntimeLibrary('cuda', home.path)).toBeUndefined();
});

// The builds are for Linux, and so are the names of these files.
describe.runIf(isLinux)('a runtime with a library of its own', () => {
  const failureOnCuda = async (): Promise<DeviceUnavailableError> => {
    const runtime = OrtRuntime.create({ ...OPTIONS, library: { path, preload: [] } });
    const failure: unknown = await runtime
      .createSession(new Uint8Array(), { device: 'cuda' })
      .catch((error: unknown) => error);
    runtime.dispose();
    expect(failure).toBeInstanceOf(DeviceUnavailableError);
    return failure as DeviceUnavailableError;
  };

  it('looks for the CUDA provider beside it, and says how to get it', async () => {
    const { reason, remedy } = await failureOnCuda();
    for (const name of PROVIDER_LIBRARIES) expect(reason).toContain(join(home.path, name));
    expect(remedy).toContain('tessera runtime install cuda');
  });

  it('says what is wrong where the provider is there and cannot be used', async () => {
    for (const name of PROVIDER_LIBRARIES) await writeFile(join(home.path, name), '');
    const { reason, remedy } = await failureOnCuda();
    // Without a driver that is what is missing, with one it is a library that can be loaded.
    expect(reason).toMatch(/driver's library libcuda\.so\.1 cannot be loaded|providers_cuda\.so/);
    expect(remedy).toContain('NVIDIA driver');
  });

  it.each([
    ['itself', (missing: string) => ({ path: missing, preload: [] })],
    ['what is loaded before it', (missing: string) => ({ path, preload: [missing] })],
  ])('is refused when it lacks %s, by name', (_, libraryWith) => {
    const missing = join(home.path, 'libcublas.so.13');
    const create = () => OrtRuntime.create({ ...OPTIONS, library: libraryWith(missing) });
    expect(create).toThrow(LibraryLoadError);
    expect(create).toThrow(missing);
  });
});
