import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@tessera/download';
import { z } from 'zod';
import { chooseBuild } from './choose-build.js';
import { RuntimePlatformError } from './errors.js';
import { filesOf, platformOf, type RuntimeBuild } from './runtime-build.js';

const RECORD_FILE = 'runtime.json';

const recordSchema = z.object({
  onnxruntime: z.string(),
  device: z.string(),
  platform: z.string(),
  wheels: z.array(z.object({ fileName: z.string(), sha256: z.string() })),
});
type RuntimeRecord = z.output<typeof recordSchema>;

/** What to load, in the form that `@tessera/ort` takes. */
export interface RuntimeLibrary {
  readonly path: string;
  readonly preload: readonly string[];
}

/** What is in the place of a build. */
export type RuntimeState =
  | { readonly kind: 'absent'; readonly directory: string }
  | { readonly kind: 'damaged'; readonly directory: string; readonly reason: string }
  | { readonly kind: 'installed'; readonly directory: string; readonly library: RuntimeLibrary };

/** Where a build goes: its version is part of the name, so that an upgrade never mixes two. */
export function directoryOf(runtimeDirectory: string, build: RuntimeBuild): string {
  const { version, device, platform, arch } = build;
  return join(runtimeDirectory, `onnxruntime-${version}-${device}-${platform}-${arch}`);
}

/** Looks whether a build is installed, with every file in its full length. */
export async function inspectRuntime(runtimeDirectory: string, build: RuntimeBuild): Promise<RuntimeState> {
  const directory = directoryOf(runtimeDirectory, build);
  const record = await readRecord(directory);
  if (record === 'absent') return { kind: 'absent', directory };
  const reason =
    record === 'unreadable' ? `${RECORD_FILE} cannot be read` : await findDamage(directory, build, record);
  if (reason !== undefined) return { kind: 'damaged', directory, reason };
  const inside = (target: string) => join(directory, target);
  return {
    kind: 'installed',
    directory,
    library: { path: inside(build.library), preload: build.preload.map(inside) },
  };
}

/**
 * The library that a device needs: the installed CUDA build for `cuda`, undefined for the devices that the library of
 * `onnxruntime-node` serves, and where nothing is installed (`@tessera/ort` then says what is missing).
 */
export async function findRuntimeLibrary(
  device: string,
  runtimeDirectory: string,
): Promise<RuntimeLibrary | undefined> {
  if (device !== 'cuda') return undefined;
  try {
    const state = await inspectRuntime(runtimeDirectory, chooseBuild());
    return state.kind === 'installed' ? state.library : undefined;
  } catch (error) {
    if (error instanceof RuntimePlatformError) return undefined;
    throw error;
  }
}

/** Notes in its folder what a build was made of. */
export async function writeRecord(directory: string, build: RuntimeBuild): Promise<void> {
  const text = `${JSON.stringify(recordOf(build), undefined, 2)}\n`;
  await writeFileAtomically(join(directory, RECORD_FILE), text);
}

function recordOf(build: RuntimeBuild): RuntimeRecord {
  const wheels = build.wheels.map(({ fileName, sha256 }) => ({ fileName, sha256 }));
  return { onnxruntime: build.version, device: build.device, platform: platformOf(build), wheels };
}

async function readRecord(directory: string): Promise<RuntimeRecord | 'absent' | 'unreadable'> {
  try {
    const json: unknown = JSON.parse(await readFile(join(directory, RECORD_FILE), 'utf8'));
    return recordSchema.safeParse(json).data ?? 'unreadable';
  } catch (error) {
    if (error instanceof SyntaxError) return 'unreadable';
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'absent';
    throw error;
  }
}

async function findDamage(
  directory: string,
  build: RuntimeBuild,
  record: RuntimeRecord,
): Promise<string | undefined> {
  const installed = new Set(record.wheels.map(({ sha256 }) => sha256));
  const other = build.wheels.find(({ sha256 }) => !installed.has(sha256));
  if (other !== undefined) return `it was not made of ${other.fileName}`;
  for (const { target, bytes } of filesOf(build)) {
    const given = await sizeOf(join(directory, target));
    if (given === undefined) return `${target} is missing`;
    if (given !== bytes) return `${target} has ${given} bytes instead of ${bytes}`;
  }
  return undefined;
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
