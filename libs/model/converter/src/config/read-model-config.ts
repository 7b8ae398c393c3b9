import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  CheckpointFileInvalidError,
  CheckpointFileMissingError,
  UnsupportedArchitectureError,
} from '../errors.js';
import { chatLayoutSchema, fromChatLayout } from './chat-layout.js';
import { type ModelConfig } from './model-config.js';
import { fromNativeLayout, nativeLayoutSchema } from './native-layout.js';
import { type PreprocessorFields, preprocessorSchema, statisticsOf } from './pixel-statistics.js';

const CONFIG_FILE = 'config.json';
const PREPROCESSOR_FILE = 'preprocessor_config.json';
/** What transformers 5 writes instead, with the preprocessor inside. */
const PROCESSOR_FILE = 'processor_config.json';

const layoutSchema = z.looseObject({ model_type: z.string() });
const processorSchema = z.object({ image_processor: preprocessorSchema.nullish() });

/** Reads and checks the configuration of a checkpoint, in either layout. */
export async function readModelConfig(directory: string): Promise<ModelConfig> {
  const file = path.join(directory, CONFIG_FILE);
  const json = await readJson(file);
  if (json === undefined) {
    throw new CheckpointFileMissingError(file, 'a HuggingFace checkpoint directory has one');
  }
  const preprocessor = await readPreprocessor(directory);
  const { model_type: modelType } = parse(file, layoutSchema, json);
  switch (modelType) {
    case 'internvl_chat':
      return fromChatLayout(
        parse(file, chatLayoutSchema, json),
        preprocessor === undefined ? undefined : statisticsOf(preprocessor),
      );
    case 'internvl':
      return fromNativeLayout(parse(file, nativeLayoutSchema, json), preprocessor);
    default:
      throw new UnsupportedArchitectureError('model_type', modelType, 'internvl_chat, internvl');
  }
}

async function readPreprocessor(directory: string): Promise<PreprocessorFields | undefined> {
  const own = path.join(directory, PREPROCESSOR_FILE);
  const json = await readJson(own);
  if (json !== undefined) return parse(own, preprocessorSchema, json);
  const outer = path.join(directory, PROCESSOR_FILE);
  const processor = await readJson(outer);
  if (processor === undefined) return undefined;
  return parse(outer, processorSchema, processor).image_processor ?? undefined;
}

/** Undefined when there is no such file. */
async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new CheckpointFileInvalidError(file, 'it cannot be read', { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CheckpointFileInvalidError(file, 'it is not JSON', { cause });
  }
}

function parse<T>(file: string, schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new CheckpointFileInvalidError(file, z.prettifyError(parsed.error), { cause: parsed.error });
  }
  return parsed.data;
}
