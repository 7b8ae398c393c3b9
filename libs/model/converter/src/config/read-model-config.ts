import path from 'node:path';
import { z } from 'zod';
import { listCheckpoint } from '../checkpoint/list-checkpoint.js';
import { readJsonFile } from '../checkpoint/read-file.js';
import {
  CheckpointDirectoryError,
  CheckpointFileMissingError,
  UnsupportedArchitectureError,
} from '../errors/index.js';
import { chatLayoutSchema, fromChatLayout } from './chat-layout.js';
import { type ModelConfig } from './model-config.js';
import { hasNativeChatTemplate } from './native-chat-template.js';
import { fromNativeLayout, nativeLayoutSchema } from './native-layout.js';
import { MANIFEST_FILE } from '../manifest.js';
import { parseConfig } from './parse-config.js';
import { type PreprocessorFields, preprocessorSchema, statisticsOf } from './pixel-statistics.js';
import { refuseImpossible } from './refuse-impossible.js';

const CONFIG_FILE = 'config.json';
const PREPROCESSOR_FILE = 'preprocessor_config.json';
/** What transformers 5 writes instead, with the preprocessor inside. */
const PROCESSOR_FILE = 'processor_config.json';
/** Beside the weights of a LoRA alone. */
const ADAPTER_FILE = 'adapter_config.json';
const DOWNLOAD_AGAIN = 'download it again';

const layoutSchema = z.object({
  model_type: z.string(),
  quantization_config: z.object({ quant_method: z.string().nullish() }).nullish(),
});
const processorSchema = z.object({ image_processor: preprocessorSchema.nullish() });

/** Reads and checks the configuration of a checkpoint, in either layout. Throws a `ConversionError`. */
export async function readModelConfig(directory: string): Promise<ModelConfig> {
  const present = await listCheckpoint(directory);
  if (!present.has(CONFIG_FILE)) throw missingConfig(directory, present);
  const file = path.join(directory, CONFIG_FILE);
  const json = await readJsonFile(file, DOWNLOAD_AGAIN);
  const config = await parseLayout(file, json, present);
  refuseImpossible(file, config);
  return config;
}

async function parseLayout(file: string, json: unknown, present: ReadonlySet<string>): Promise<ModelConfig> {
  const { model_type: modelType, quantization_config: quantisation } = parseConfig(file, layoutSchema, json);
  if (quantisation !== undefined && quantisation !== null) {
    throw new UnsupportedArchitectureError(
      'quantization_config',
      quantisation.quant_method ?? 'set',
      'checkpoints that are not quantised; convert the one this was made from, with --precision int8 or int4',
    );
  }
  const directory = path.dirname(file);
  const preprocessor = await readPreprocessor(directory, present);
  switch (modelType) {
    case 'internvl_chat':
      return fromChatLayout(
        parseConfig(file, chatLayoutSchema, json),
        preprocessor === undefined ? undefined : statisticsOf(preprocessor),
      );
    case 'internvl': {
      const hasOwnTemplate = await hasNativeChatTemplate(directory, present);
      return fromNativeLayout(parseConfig(file, nativeLayoutSchema, json), { preprocessor, hasOwnTemplate });
    }
    default:
      throw new UnsupportedArchitectureError('model_type', modelType, 'internvl_chat, internvl');
  }
}

async function readPreprocessor(
  directory: string,
  present: ReadonlySet<string>,
): Promise<PreprocessorFields | undefined> {
  if (present.has(PREPROCESSOR_FILE)) {
    const own = path.join(directory, PREPROCESSOR_FILE);
    return parseConfig(own, preprocessorSchema, await readJsonFile(own, DOWNLOAD_AGAIN));
  }
  if (!present.has(PROCESSOR_FILE)) return undefined;
  const outer = path.join(directory, PROCESSOR_FILE);
  return (
    parseConfig(outer, processorSchema, await readJsonFile(outer, DOWNLOAD_AGAIN)).image_processor ??
    undefined
  );
}

function missingConfig(
  directory: string,
  present: ReadonlySet<string>,
): CheckpointDirectoryError | CheckpointFileMissingError {
  if (present.has(ADAPTER_FILE)) {
    const reason = `its ${ADAPTER_FILE} says that it is a LoRA alone; merge it into its base model and convert that`;
    return new CheckpointDirectoryError(directory, reason);
  }
  if (present.has(MANIFEST_FILE)) {
    const reason = 'it is a converted model, which is used as it is; another precision takes its checkpoint';
    return new CheckpointDirectoryError(directory, reason);
  }
  const file = path.join(directory, CONFIG_FILE);
  return new CheckpointFileMissingError(
    file,
    'give the folder that a HuggingFace repository was downloaded to, which has one',
  );
}
