import { z } from 'zod';
import { type RemoteFile } from '@tessera/download';
import { NotACheckpointError } from './errors.js';

const CONFIG = 'config.json';
const INDEX = 'model.safetensors.index.json';
const SINGLE_WEIGHTS = 'model.safetensors';
const BESIDES_WEIGHTS = [
  CONFIG,
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'video_preprocessor_config.json',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.json',
  'chat_template.jinja',
  'README.md',
];
const LICENCE = /^(licen[cs]e|notice)(\.(txt|md))?$/i;
const PICKLED_WEIGHTS = /\.(bin|pt|pth)$/;
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const WEIGHT_FILE = /\.safetensors$/;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Whether a name is a single step of a path, and nothing hidden, on every system. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name);
}

/** Reads the content of a small file of the repository. */
export type ReadListedFile = (file: RemoteFile) => Promise<Buffer>;

/**
 * What a checkpoint needs of a repository: configuration, tokenizer, safetensors and licence, all from its top folder.
 * Programs, pickled weights and other formats stay behind, as does every name that is not plain.
 * @throws NotACheckpointError
 */
export async function chooseFiles(
  repository: string,
  listed: readonly RemoteFile[],
  read: ReadListedFile,
): Promise<RemoteFile[]> {
  const byName = new Map(listed.filter(({ path }) => isPlainName(path)).map((file) => [file.path, file]));
  if (!byName.has(CONFIG)) throw new NotACheckpointError(repository, `it has no ${CONFIG}`);
  const weights = await chooseWeights(repository, byName, read);
  const others = [...byName.values()].filter(
    ({ path }) => BESIDES_WEIGHTS.includes(path) || LICENCE.test(path),
  );
  return [...others, ...weights];
}

/** The index and what it names, as the converter reads it; else the single file. */
async function chooseWeights(
  repository: string,
  byName: ReadonlyMap<string, RemoteFile>,
  read: ReadListedFile,
): Promise<RemoteFile[]> {
  const index = byName.get(INDEX);
  if (index !== undefined) {
    const shards = shardNames(repository, await read(index));
    return [index, ...shards.map((name) => shardOf(repository, byName, name))];
  }
  const single = byName.get(SINGLE_WEIGHTS);
  if (single !== undefined) return [single];
  throw new NotACheckpointError(repository, describeOtherWeights([...byName.keys()]));
}

function shardNames(repository: string, content: Buffer): string[] {
  try {
    const { weight_map } = indexSchema.parse(JSON.parse(content.toString('utf8')));
    return [...new Set(Object.values(weight_map))].sort();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new NotACheckpointError(repository, `its ${INDEX} has no valid weight_map`, { cause: error });
  }
}

function shardOf(repository: string, byName: ReadonlyMap<string, RemoteFile>, name: string): RemoteFile {
  const file = WEIGHT_FILE.test(name) ? byName.get(name) : undefined;
  if (file !== undefined) return file;
  throw new NotACheckpointError(
    repository,
    `its ${INDEX} names ${JSON.stringify(name)}, which is no safetensors file of its top folder`,
  );
}

function describeOtherWeights(names: readonly string[]): string {
  const pickled = names.find((name) => PICKLED_WEIGHTS.test(name));
  if (pickled === undefined) return `it has neither ${SINGLE_WEIGHTS} nor ${INDEX}`;
  return (
    `its weights are pickled (${pickled}), a format that can run programs. Tessera reads safetensors: ` +
    "take a revision that has them, or save the model anew with transformers' save_pretrained"
  );
}
