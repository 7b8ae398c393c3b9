import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Precision, type PrefillFormat } from '@tessera/contracts';
import { listCheckpoint } from './checkpoint/list-checkpoint.js';
import { convertModel } from './convert.js';
import { FORMAT_VERSION, MANIFEST_FILE, readManifest } from './manifest.js';
import { removeAbandoned, temporaryPlace } from './temporary-directories.js';
import { type ConversionProgress } from './write-conversion.js';

const REPORT_INTERVAL_MS = 10_000;

export interface EnsureOptions {
  /** A converted model, or a checkpoint to convert on first use. */
  source: string;
  /** Where conversions are kept. */
  cacheDirectory: string;
  /** Of the conversion; a model that is converted already keeps its own. Default: fp32. */
  precision?: Precision;
  /** How that conversion computes prompts. Default: same. */
  prefill?: PrefillFormat;
  log: (line: string) => void;
}

/**
 * The directory of a converted model: `source` itself, or its conversion, made when there is none yet. Processes that do
 * so at the same time each convert; the first to finish wins, and nobody's files are taken away.
 */
export async function ensureConvertedModel(options: EnsureOptions): Promise<string> {
  const { source, cacheDirectory, precision = 'fp32', prefill = 'same', log } = options;
  if (await exists(path.join(source, MANIFEST_FILE))) return source;
  const id = path.basename(path.resolve(source));
  const formats = prefill === 'same' ? precision : `${precision}-prefill-${prefill}`;
  const output = path.join(cacheDirectory, `${id}-${formats}-${await fingerprint(source)}`);
  if (!(await exists(path.join(output, MANIFEST_FILE)))) {
    await mkdir(cacheDirectory, { recursive: true });
    await removeAbandoned(cacheDirectory);
    log(`converting ${source} to ONNX in ${precision} (once)`);
    const fresh = temporaryPlace(output, 'new');
    await convertModel({ source, output: fresh, id, precision, prefill, onProgress: report(log) });
    await moveUnlessThere(fresh, output);
  }
  await readManifest(output);
  return output;
}

/** A line every few seconds. */
function report(log: (line: string) => void): (progress: ConversionProgress) => void {
  let reportedAt = performance.now();
  return ({ graph, bytesWritten, bytesTotal }) => {
    if (performance.now() - reportedAt < REPORT_INTERVAL_MS) return;
    reportedAt = performance.now();
    log(`converting ${graph}: ${Math.floor((100 * bytesWritten) / bytesTotal)} % of ${bytesTotal} bytes`);
  };
}

async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    await rm(from, { recursive: true });
    if (!(await exists(path.join(to, MANIFEST_FILE)))) throw error;
  }
}

/** Changes with the place, the files, their sizes or times, and with the converter's format. Throws `ConversionError`. */
async function fingerprint(source: string): Promise<string> {
  const directory = path.resolve(source);
  const names = [...(await listCheckpoint(directory))].sort();
  const files = names.map(async (name) => {
    // A link to nowhere is the converter's to explain.
    const { size, mtimeMs } = await stat(path.join(directory, name)).catch(() => ({ size: 0, mtimeMs: 0 }));
    return `${name} ${size} ${mtimeMs}`;
  });
  const identity = [directory, `format ${FORMAT_VERSION}`, ...(await Promise.all(files))].join('\n');
  return createHash('sha256').update(identity).digest('hex').slice(0, 8);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
