import { describeModel, type ModelDescription } from '@tessera/converter';
import { formatBytes, formatCount } from '../terminal/format.js';
import { type InspectCommandOptions } from './model-command.js';

type Weights = NonNullable<ModelDescription['weights']>;

/** Prints what a model folder holds. */
export async function runInspect(directory: string, options: InspectCommandOptions): Promise<void> {
  const description = await describeModel(directory);
  process.stdout.write(`${options.json === true ? JSON.stringify(description) : toTable(description)}\n`);
}

function toTable(model: ModelDescription): string {
  const rows: [name: string, value: string][] = [
    ['model', model.id],
    ['kind', model.kind === 'checkpoint' ? 'checkpoint' : 'converted model'],
    ['revision', model.revision ?? 'none until it is converted'],
    ...(model.pulled === null
      ? []
      : [['pulled from', `${model.pulled.repository} at ${model.pulled.commit}`] as [string, string]]),
    ['vision encoder', model.vision_encoder],
    ['language model', model.language_model],
    ['parameters', formatCount(model.parameters)],
    ['precision', model.precision],
    ...describeWeights(model.weights),
    ['tiles', describeTiles(model.tiles)],
    ['chat template', describeTemplate(model.chat_template)],
    ['context', `${formatCount(model.context_tokens)} tokens`],
    ...(model.unsupported === null ? [] : [['not convertible', model.unsupported] as [string, string]]),
    ...model.files.map(({ name, bytes }, index): [string, string] => [
      index === 0 ? 'files' : '',
      `${name} (${formatBytes(bytes)})`,
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** Number formats by part; nothing more is to say of a model that has one for all. */
function describeWeights(weights: ModelDescription['weights']): [name: string, value: string][] {
  if (weights === null) return [];
  const { activations, embeddings, prefill } = weights;
  const matrix = (format: Weights['vision']): string => describeMatrix(format, activations);
  const rows: [name: string, value: string][] = [
    ['  language model', matrix(weights.language_model)],
    ...(prefill === undefined ? [] : [['    its prompts', matrix(prefill)] as [string, string]]),
    ['  output layer', matrix(weights.lm_head)],
    ['  vision encoder', matrix(weights.vision)],
    ['  embeddings', embeddings],
    ['  activations', activations],
  ];
  return new Set(rows.map(([, value]) => value)).size === 1 ? [] : rows;
}

function describeMatrix(format: Weights['vision'], activations: Weights['activations']): string {
  switch (format.kind) {
    case 'float':
      return activations;
    case 'blocks':
      return `int${format.bits}, blocks of ${format.block_size}, accuracy level ${format.accuracy_level}`;
    case 'dynamic':
      return 'int8, inputs in 8 bits';
    case 'rows':
      return 'int8, inputs in 8 bits row by row';
  }
}

function describeTiles({
  size_pixels: size,
  dynamic,
  min,
  max,
  use_thumbnail,
  tokens_per_tile,
}: ModelDescription['tiles']): string {
  if (!dynamic) return `one of ${size} x ${size} pixels, ${tokens_per_tile} tokens`;
  const thumbnail = use_thumbnail ? ' and a thumbnail' : '';
  return `${min} to ${max} of ${size} x ${size} pixels${thumbnail}, ${tokens_per_tile} tokens each`;
}

function describeTemplate({ name, system_message }: ModelDescription['chat_template']): string {
  const system =
    system_message === null ? 'system message by the template' : 'system message by the checkpoint';
  return `${name ?? 'none'}, ${system}`;
}
