import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { convertModel } from './convert.js';
import { MANIFEST_FILE, readManifest } from './manifest.js';

export interface EnsureOptions {
  /** A converted model, or a checkpoint to convert on first use. */
  source: string;
  /** Where conversions are kept. */
  cacheDirectory: string;
  log: (line: string) => void;
}

/** The directory of a converted model: `source` itself, or its conversion, made when there is none yet. */
export async function ensureConvertedModel({ source, cacheDirectory, log }: EnsureOptions): Promise<string> {
  if (await exists(path.join(source, MANIFEST_FILE))) return source;
  const output = path.join(
    cacheDirectory,
    `${path.basename(path.resolve(source))}-${await fingerprint(source)}`,
  );
  if (await exists(path.join(output, MANIFEST_FILE))) return output;
  await mkdir(cacheDirectory, { recursive: true });
  log(`converting ${source} to ONNX (once)`);
  await convertModel({ source, output }).catch(async (error: unknown) => {
    // Another process may have finished the same conversion first; its result is as good.
    if (!(await exists(path.join(output, MANIFEST_FILE)))) throw error;
  });
  await readManifest(output);
  return output;
}

/** Changes with the place, size or time of the checkpoint's configuration and thereby with the checkpoint. */
async function fingerprint(source: string): Promise<string> {
  const file = path.resolve(source, 'config.json');
  const identity = await stat(file).then(
    ({ size, mtimeMs }) => `${file} ${size} ${mtimeMs}`,
    () => file,
  );
  return createHash('sha256').update(identity).digest('hex').slice(0, 8);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
