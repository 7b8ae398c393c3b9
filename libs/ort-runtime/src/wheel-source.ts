import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  beginHash,
  describeChecksum,
  downloadFile,
  hashFile,
  type HttpAnswer,
  HttpClient,
  type HttpClientOptions,
  type ProgressTally,
  type RemoteFile,
  type Retries,
  runAll,
  UnusableAnswerError,
} from '@tessera/download';
import { WheelDamagedError, WheelsMissingError } from './errors.js';
import { PackageIndex } from './package-index.js';
import { type PinnedWheel } from './runtime-build.js';

const DOWNLOADS_AT_A_TIME = 3;
/** Reading is bound by the disk and by one core that hashes. */
const FILES_CHECKED_AT_A_TIME = 2;

export interface IndexOptions {
  readonly url: string;
  readonly proxy?: HttpClientOptions['proxy'];
}

/** A wheel as `@tessera/download` knows files. */
export function toRemoteFile({ fileName, bytes, sha256 }: PinnedWheel): RemoteFile {
  return { path: fileName, bytes, checksum: { algorithm: 'sha256', hex: sha256 } };
}

/**
 * The wheels that are not in a folder with the right content.
 * @param onWrong told of a wheel that is there with other content
 */
export async function findMissingWheels(
  directory: string,
  wheels: readonly PinnedWheel[],
  options: {
    readonly tally: ProgressTally;
    readonly signal: AbortSignal;
    readonly onWrong?: (file: string, expected: string, given: string) => void;
  },
): Promise<PinnedWheel[]> {
  const missing = new Set<PinnedWheel>();
  const { tally, onWrong } = options;
  const atATime = { concurrency: FILES_CHECKED_AT_A_TIME, signal: options.signal };
  await runAll(wheels, atATime, async (wheel, signal) => {
    const file = join(directory, wheel.fileName);
    const given = await checksumOf(file, wheel, (count) => tally.received(wheel.fileName, count), signal);
    if (given === wheel.sha256) return tally.finished(toRemoteFile(wheel));
    missing.add(wheel);
    if (given !== undefined) onWrong?.(file, describeSha256(wheel.sha256), describeSha256(given));
  });
  return wheels.filter((wheel) => missing.has(wheel));
}

/**
 * Sees that a folder holds all wheels, as they are pinned.
 * @throws WheelsMissingError, WheelDamagedError
 */
export async function checkFolder(
  folder: string,
  wheels: readonly PinnedWheel[],
  options: { readonly tally: ProgressTally; readonly signal: AbortSignal },
): Promise<void> {
  const onWrong = (file: string, expected: string, given: string): never => {
    throw new WheelDamagedError(file, expected, given);
  };
  const missing = await findMissingWheels(folder, wheels, { ...options, onWrong });
  if (missing.length === 0) return;
  throw new WheelsMissingError(
    folder,
    missing.map(({ fileName }) => fileName),
  );
}

/** Downloads wheels from a package index into a folder, each checked as it arrives and put in its place when it is right. */
export async function downloadWheels(
  wheels: readonly PinnedWheel[],
  {
    directory,
    index,
    retries,
    tally,
  }: {
    readonly directory: string;
    readonly index: IndexOptions;
    readonly retries: Retries;
    readonly tally: ProgressTally;
  },
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const http = new HttpClient({ endpoint: index.url, endpointName: '--index-url', proxy: index.proxy });
  const refusal = (answer: HttpAnswer) => new UnusableAnswerError(answer.address, `HTTP ${answer.status}`);
  try {
    const urls = new Map<string, string>();
    const packages = new PackageIndex(http, retries);
    for (const wheel of wheels) urls.set(wheel.fileName, await packages.locate(wheel));
    const urlOf = (fileName: string) => urls.get(fileName) as string;
    const atATime = { concurrency: DOWNLOADS_AT_A_TIME, signal: retries.signal };
    await runAll(wheels, atATime, async (wheel, signal) => {
      const file = toRemoteFile(wheel);
      await downloadFile(file, {
        http,
        directory,
        urlOf,
        refusal,
        progress: tally,
        retries: { ...retries, signal },
      });
      tally.finished(file);
    });
  } finally {
    await http.close();
  }
}

async function checksumOf(
  file: string,
  wheel: PinnedWheel,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const exists = await stat(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code)))
      return undefined;
    throw error;
  });
  if (exists === undefined) return undefined;
  const hash = beginHash(toRemoteFile(wheel).checksum, wheel.bytes);
  await hashFile(file, hash, { signal, onBytes });
  return hash.digest('hex');
}

function describeSha256(hex: string): string {
  return describeChecksum({ algorithm: 'sha256', hex });
}
