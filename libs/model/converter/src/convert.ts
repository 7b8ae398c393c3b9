import path from 'node:path';
import { Checkpoint } from './checkpoint/checkpoint.js';
import { readModelConfig } from './config/read-model-config.js';
import { describeManifest } from './describe-manifest.js';
import { chooseFormats, type WeightOptions } from './formats/choose-formats.js';
import { type ModelManifest, readManifest, writeManifest } from './manifest.js';
import { refuseForeignOutput, writeWhole } from './output-directory.js';
import { planConversion } from './plan-conversion.js';
import { type RopeRounding } from './rope-tables.js';
import { readPulled } from './read-pulled.js';
import { refuseUnusableTokenizer } from './refuse-tokenizer.js';
import { type ConversionProgress, conversionBytes, writeConversion } from './write-conversion.js';

export interface ConvertOptions extends Partial<WeightOptions> {
  /** A HuggingFace checkpoint. */
  source: string;
  /** Where the converted model goes; replaced when it holds one already. */
  output: string;
  /** Default: the name of the source directory. */
  id?: string;
  /** In place of what the family's reference rounds, to compare with outputs that were recorded in another way. */
  ropeRounding?: RopeRounding;
  onProgress?: (progress: ConversionProgress) => void;
}

/**
 * Converts a checkpoint to an ONNX model directory. The directory appears whole or not at all: everything is written to
 * a sibling directory first, which is renamed at the end. Throws a {@link ConversionError} for what cannot be converted.
 */
export async function convertModel(options: ConvertOptions): Promise<ModelManifest> {
  const output = path.resolve(options.output);
  const weightOptions = { ...options, precision: options.precision ?? 'fp32' };
  const formats = chooseFormats(weightOptions);
  await refuseForeignOutput(output, options.source);
  const config = await readModelConfig(options.source);
  const pulled = await readPulled(options.source);
  const checkpoint = await Checkpoint.open(options.source);
  try {
    const plan = planConversion(config, checkpoint, { formats, ropeRounding: options.ropeRounding });
    await refuseUnusableTokenizer(options.source, plan);
    await writeWhole(output, conversionBytes(plan), async (staging) => {
      const files = await writeConversion(plan, options.source, staging, options.onProgress);
      const manifest = describeManifest({
        id: options.id ?? path.basename(path.resolve(options.source)),
        precision: weightOptions.precision,
        parameters: checkpoint.parameterCount,
        pulled,
        config,
        plan,
        formats,
        files,
      });
      await writeManifest(staging, manifest);
    });
    return await readManifest(output);
  } finally {
    await checkpoint.close();
  }
}
