import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type GraphBuilder, writeModel, type WriteProgress } from '@tessera/onnx';
import { buildTilingGraph } from '@tessera/preprocessing';
import { type Architecture, describeArchitecture } from './architecture.js';
import { Checkpoint } from './checkpoint/checkpoint.js';
import {
  type CheckpointConfig,
  describeParts,
  describeTiles,
  readCheckpointConfig,
} from './checkpoint/checkpoint-config.js';
import { sha256OfFile } from './checksum.js';
import { OutputExistsError, UnsupportedArchitectureError } from './errors.js';
import { buildDecoderGraph } from './graphs/decoder-graph.js';
import { buildVisionGraph } from './graphs/vision-graph.js';
import {
  MANIFEST_FILE,
  type ModelManifest,
  type Precision,
  readManifest,
  writeManifest,
} from './manifest.js';
import { buildRopeTables, type RopeTables } from './rope-tables.js';

export interface ConvertOptions {
  /** A HuggingFace checkpoint. */
  source: string;
  /** Where the converted model goes; replaced when it holds one already. */
  output: string;
  precision?: Precision;
  /** Default: the name of the source directory. */
  id?: string;
  onProgress?: (graph: string, progress: WriteProgress) => void;
}

const TOKENIZER_FILES = [
  'tokenizer.model',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];

/**
 * Converts a checkpoint to an ONNX model directory. The directory appears whole or not at all: everything is written to
 * a sibling directory first, which is renamed at the end. Throws a {@link ConversionError} for what cannot be converted.
 */
export async function convertModel(options: ConvertOptions): Promise<ModelManifest> {
  const output = path.resolve(options.output);
  await refuseForeignOutput(output);
  const staging = `${output}.partial-${randomUUID()}`;
  const config = await readCheckpointConfig(options.source);
  const checkpoint = await Checkpoint.open(options.source);
  try {
    const architecture = describeArchitecture(config, checkpoint);
    await mkdir(staging, { recursive: true });
    const rope = buildRopeTables(config.llm_config, architecture.decoder.headSize);
    await writeGraphs(staging, { config, checkpoint, architecture, rope, onProgress: options.onProgress });
    await copyTokenizer(options.source, staging);
    const manifest = await describeModel(options, { config, architecture, rope, checkpoint, staging });
    await writeManifest(staging, manifest);
    await rm(output, { recursive: true, force: true });
    await rename(staging, output);
    return await readManifest(output);
  } finally {
    await checkpoint.close();
    await rm(staging, { recursive: true, force: true });
  }
}

interface Conversion {
  readonly config: CheckpointConfig;
  readonly checkpoint: Checkpoint;
  readonly architecture: Architecture;
  readonly rope: RopeTables;
}

/** Only an absent directory, an empty one, or a converted model may be replaced. */
async function refuseForeignOutput(output: string): Promise<void> {
  try {
    const entries = await readdir(output);
    if (entries.length === 0 || entries.includes(MANIFEST_FILE)) return;
  } catch (error) {
    if (isMissing(error)) return;
    throw new OutputExistsError(output, { cause: error });
  }
  throw new OutputExistsError(output);
}

async function writeGraphs(
  directory: string,
  conversion: Conversion & { onProgress: ConvertOptions['onProgress'] },
): Promise<void> {
  const { config, checkpoint, architecture, rope, onProgress } = conversion;
  const write = (name: string, graph: GraphBuilder): Promise<string[]> =>
    writeModel(graph, directory, name, (progress) => onProgress?.(name, progress));
  await writeFile(path.join(directory, 'tiling.onnx'), buildTilingGraph(architecture.vision.tileSizePixels));
  await write('vision', buildVisionGraph(checkpoint, config, architecture.vision));
  await write('decoder', buildDecoderGraph(checkpoint, architecture.names, architecture.decoder, rope));
}

async function copyTokenizer(source: string, directory: string): Promise<void> {
  const present = new Set(await readdir(source));
  for (const file of TOKENIZER_FILES.filter((name) => present.has(name))) {
    await copyFile(path.join(source, file), path.join(directory, file));
  }
}

async function describeModel(
  options: ConvertOptions,
  { config, architecture, rope, checkpoint, staging }: Conversion & { staging: string },
): Promise<Omit<ModelManifest, 'format_version'>> {
  const { decoder } = architecture;
  const precision = options.precision ?? 'fp32';
  return {
    id: options.id ?? path.basename(path.resolve(options.source)),
    revision: await revisionOf(options.source, checkpoint, precision),
    precision,
    tiles: describeTiles(config),
    chat_template: { name: templateName(config), system_message: config.system_message ?? null },
    language_model: {
      hidden_size: decoder.hiddenSize,
      layers: decoder.layerCount,
      heads: decoder.headCount,
      kv_heads: decoder.keyValueHeadCount,
      head_size: decoder.headSize,
      vocabulary_size: decoder.vocabularySize,
      context_tokens: config.llm_config.max_position_embeddings,
      long_rope:
        rope.longRope === undefined
          ? null
          : {
              original_context_tokens: rope.longRope.originalContextTokens,
              row_offset: rope.longRope.rowOffset,
            },
    },
    source: { ...describeParts(config), parameters: checkpoint.parameterCount },
    files: await describeFiles(staging),
  };
}

function templateName(config: CheckpointConfig): string {
  if (typeof config.template !== 'string') {
    throw new UnsupportedArchitectureError(
      'template',
      String(config.template),
      'the name of a conversation template',
    );
  }
  return config.template;
}

async function describeFiles(directory: string): Promise<ModelManifest['files']> {
  const names = (await readdir(directory)).sort();
  const entries = names.map(async (name) => {
    const file = path.join(directory, name);
    return [name, { bytes: (await stat(file)).size, sha256: await sha256OfFile(file) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The first 12 hexadecimal digits of a hash over what decides the answers. */
async function revisionOf(source: string, checkpoint: Checkpoint, precision: string): Promise<string> {
  const hash = createHash('sha256').update(precision);
  for (const file of ['config.json', ...checkpoint.files]) {
    hash.update(await sha256OfFile(path.join(source, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
