import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { TesseraError } from '@tessera/contracts';
import { Checkpoint } from './checkpoint/checkpoint.js';
import { listCheckpoint } from './checkpoint/list-checkpoint.js';
import { type ModelConfig } from './config/model-config.js';
import { readModelConfig } from './config/read-model-config.js';
import { describeParts, describeTiles } from './describe-parts.js';
import { NotAModelError } from './errors/index.js';
import { chooseFormats } from './formats/choose-formats.js';
import { MANIFEST_FILE, type ModelManifest, readManifest } from './manifest.js';
import { planConversion } from './plan-conversion.js';
import { readPulled } from './read-pulled.js';
import { refuseUnusableTokenizer } from './refuse-tokenizer.js';

/** What a directory holds, for people. */
export interface ModelDescription {
  readonly kind: 'checkpoint' | 'converted';
  readonly id: string;
  /** Of a converted model; a checkpoint gets one when it is converted. */
  readonly revision: string | null;
  readonly vision_encoder: string;
  readonly language_model: string;
  readonly parameters: number;
  /** Where it was pulled from; null for one that came in another way. */
  readonly pulled: ModelManifest['source']['pulled'];
  /** Number format of the weights. */
  readonly precision: string;
  /** Number formats by part, of a converted model. */
  readonly weights: ModelManifest['weights'] | null;
  readonly tiles: ModelManifest['tiles'];
  readonly chat_template: { readonly name: string | null; readonly system_message: string | null };
  readonly context_tokens: number;
  /** Why a checkpoint cannot be converted; null when it can. */
  readonly unsupported: string | null;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * Describes a checkpoint or a converted model; weights are not read. Throws {@link NotAModelError} for neither, and
 * `CheckpointDirectoryError` where there is no directory.
 */
export async function describeModel(directory: string): Promise<ModelDescription> {
  const names = await listCheckpoint(directory);
  if (names.has(MANIFEST_FILE)) return describeConverted(directory);
  if (names.has('config.json')) return describeCheckpoint(directory);
  throw new NotAModelError(directory);
}

async function describeConverted(directory: string): Promise<ModelDescription> {
  const manifest = await readManifest(directory);
  return {
    kind: 'converted',
    id: manifest.id,
    revision: manifest.revision,
    ...manifest.source,
    precision: manifest.precision,
    weights: manifest.weights,
    tiles: manifest.tiles,
    chat_template: manifest.chat_template,
    context_tokens: manifest.language_model.context_tokens,
    unsupported: null,
    files: Object.entries(manifest.files).map(([name, { bytes }]) => ({ name, bytes })),
  };
}

async function describeCheckpoint(directory: string): Promise<ModelDescription> {
  const config = await readModelConfig(directory);
  const checkpoint = await Checkpoint.open(directory);
  try {
    return {
      kind: 'checkpoint',
      id: path.basename(path.resolve(directory)),
      revision: null,
      ...describeParts(config),
      parameters: checkpoint.parameterCount,
      pulled: await readPulled(directory),
      precision: checkpoint.dataTypes.join(', ').toLowerCase(),
      weights: null,
      tiles: describeTiles(config),
      chat_template: { name: config.template ?? null, system_message: config.systemMessage ?? null },
      context_tokens: config.language.contextTokens,
      unsupported: await findUnsupported(config, checkpoint),
      files: await listFiles(directory),
    };
  } finally {
    await checkpoint.close();
  }
}

async function findUnsupported(config: ModelConfig, checkpoint: Checkpoint): Promise<string | null> {
  try {
    const plan = planConversion(config, checkpoint, { formats: chooseFormats({ precision: 'fp32' }) });
    await refuseUnusableTokenizer(checkpoint.directory, plan);
    return null;
  } catch (error) {
    if (error instanceof TesseraError) return error.message;
    throw error;
  }
}

async function listFiles(directory: string): Promise<ModelDescription['files']> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const files = await Promise.all(names.sort().map((name) => describeFile(directory, name)));
  return files.filter((file) => file !== undefined);
}

/** A link whose target is gone is no file. */
async function describeFile(
  directory: string,
  name: string,
): Promise<ModelDescription['files'][number] | undefined> {
  try {
    return { name, bytes: (await stat(path.join(directory, name))).size };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
