import { createHash } from 'node:crypto';
import { type Precision } from '@tessera/contracts';
import { type WrittenFile } from '@tessera/onnx';
import { type ModelConfig } from './config/model-config.js';
import { describeParts, describeTiles } from './describe-parts.js';
import { type MatrixFormat, type WeightFormats } from './formats/weight-formats.js';
import { type ModelManifest } from './manifest.js';
import { type ConversionPlan } from './plan-conversion.js';

/** Everything that is known about a conversion once its files are written. */
export interface FinishedConversion {
  readonly id: string;
  readonly precision: Precision;
  readonly parameters: number;
  readonly pulled: ModelManifest['source']['pulled'];
  readonly config: ModelConfig;
  readonly plan: ConversionPlan;
  readonly formats: WeightFormats;
  readonly files: readonly WrittenFile[];
}

export function describeManifest(conversion: FinishedConversion): Omit<ModelManifest, 'format_version'> {
  const { id, precision, parameters, config, plan, formats } = conversion;
  const usage = {
    tiles: describeTiles(config),
    chat_template: { name: plan.template, system_message: config.systemMessage ?? null },
    language_model: describeLanguageModel(conversion),
  };
  const sorted = conversion.files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const files = Object.fromEntries(sorted.map(({ name, bytes, sha256 }) => [name, { bytes, sha256 }]));
  return {
    id,
    revision: createHash('sha256').update(JSON.stringify({ files, usage })).digest('hex').slice(0, 12),
    precision,
    weights: {
      activations: formats.activations,
      vision: describeFormat(formats.vision),
      language_model: describeFormat(formats.languageModel),
      ...(formats.prefill === undefined ? {} : { prefill: describeFormat(formats.prefill) }),
      lm_head: describeFormat(formats.head),
      embeddings: formats.embeddings,
    },
    ...usage,
    source: { ...describeParts(config), parameters, pulled: conversion.pulled },
    files,
  };
}

function describeLanguageModel({ config, plan }: FinishedConversion): ModelManifest['language_model'] {
  const { decoder, longRope } = plan;
  return {
    hidden_size: decoder.hiddenSize,
    layers: decoder.layerCount,
    heads: decoder.headCount,
    kv_heads: decoder.keyValueHeadCount,
    head_size: decoder.headSize,
    vocabulary_size: decoder.vocabularySize,
    context_tokens: config.language.contextTokens,
    long_rope:
      longRope === undefined
        ? null
        : { original_context_tokens: longRope.originalContextTokens, row_offset: longRope.rowOffset },
  };
}

function describeFormat(format: MatrixFormat): ModelManifest['weights']['vision'] {
  if (format.kind !== 'blocks') return format;
  const { kind, bits, blockSize, accuracyLevel } = format;
  return { kind, bits, block_size: blockSize, accuracy_level: accuracyLevel };
}
