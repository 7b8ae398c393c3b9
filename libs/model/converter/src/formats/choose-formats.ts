import { type Precision, type PrefillFormat } from '@tessera/contracts';
import { InvalidWeightOptionError } from '../errors/index.js';
import {
  type ActivationType,
  type BlockFormat,
  type EmbeddingFormat,
  type MatrixFormat,
  type WeightFormats,
} from './weight-formats.js';

/** A converted model's number formats as they are asked for; what is left out follows from the precision. */
export interface WeightOptions {
  readonly precision: Precision;
  /** Inputs that share a scale, where matrices are int8 or int4. */
  readonly blockSize?: number;
  /** `accuracy_level` of MatMulNBits on the CPU. */
  readonly accuracyLevel?: 0 | 1 | 4;
  /** Type of the numbers between operators. */
  readonly activations?: 'fp32' | 'fp16';
  readonly embeddings?: Precision;
  readonly lmHead?: Precision;
  /** Vision encoder and projector. `dynamic` is int8 with inputs in 8 bits as well, one tile a run. */
  readonly vision?: Precision | 'dynamic';
  /** Layers of the language model while they compute prompts: in 8 bits, with weights of their own, or as in all else. */
  readonly prefill?: PrefillFormat;
}

const MIN_BLOCK_SIZE = 16;
const MAX_BLOCK_SIZE = 256;
/** Larger blocks are faster; with 8 bits they cost next to nothing, with 4 bits smaller ones keep more answers. */
const DEFAULT_BLOCK_SIZE = { 8: 128, 4: 32 } as const;

const EMBEDDING_FORMATS: Record<Precision, EmbeddingFormat> = {
  fp32: 'float32',
  fp16: 'float16',
  int8: 'int8',
  int4: 'int4',
};

/**
 * Formats of every part. Without a say of their own, fp32 and fp16 hold for all parts; int8 and int4 keep the embedding
 * table in fp16, and int4 keeps the vision encoder and the output layer, which are small and matter, in int8.
 * Throws {@link InvalidWeightOptionError}.
 */
export function chooseFormats(options: WeightOptions): WeightFormats {
  const { precision } = options;
  checkBlockSize(options);
  const activations = toActivationType(options.activations ?? (precision === 'fp16' ? 'fp16' : 'fp32'));
  const isBlocks = precision === 'int8' || precision === 'int4';
  const careful = precision === 'int4' ? 'int8' : precision;
  const formats: WeightFormats = {
    activations,
    languageModel: matrixFormat('precision', precision, activations, options),
    prefill: prefillFormat(options.prefill ?? 'same', activations),
    head: matrixFormat('lm_head', options.lmHead ?? careful, activations, options),
    vision: matrixFormat('vision', options.vision ?? careful, activations, options),
    embeddings: EMBEDDING_FORMATS[options.embeddings ?? (isBlocks ? 'fp16' : precision)],
  };
  refuseIdleOptions(options, formats);
  return formats;
}

/** What is asked of blocks must be of use to some matrix. The embedding table has a block size of its own. */
function refuseIdleOptions(
  { blockSize, accuracyLevel }: WeightOptions,
  { languageModel, head, vision }: WeightFormats,
): void {
  if ([languageModel, head, vision].some(({ kind }) => kind === 'blocks')) return;
  for (const [option, given] of Object.entries({
    'block size': blockSize,
    'accuracy level': accuracyLevel,
  })) {
    if (given === undefined) continue;
    const supported =
      'left out where neither language model, output layer nor vision encoder is int8 or int4';
    throw new InvalidWeightOptionError(option, String(given), supported);
  }
}

function matrixFormat(
  part: string,
  precision: Precision | 'dynamic',
  activations: ActivationType,
  options: WeightOptions,
): MatrixFormat {
  if (precision === 'dynamic') return dynamicFormat(part, activations);
  if (precision === 'int8') return blockFormat(8, options);
  if (precision === 'int4') return blockFormat(4, options);
  if (toActivationType(precision) === activations) return { kind: 'float' };
  const own = activations === 'float32' ? 'fp32' : 'fp16';
  throw new InvalidWeightOptionError(
    part,
    precision,
    `int8, int4 or the activations' own type, which is ${own}`,
  );
}

function prefillFormat(prefill: PrefillFormat, activations: ActivationType): MatrixFormat | undefined {
  if (prefill === 'same') return undefined;
  if (activations === 'float32') return { kind: 'rows' };
  throw new InvalidWeightOptionError('prefill', prefill, 'same where activations are fp16');
}

function dynamicFormat(part: string, activations: ActivationType): MatrixFormat {
  if (activations === 'float32') return { kind: 'dynamic' };
  throw new InvalidWeightOptionError(part, 'dynamic', 'another format where activations are fp16');
}

function blockFormat(bits: 4 | 8, { blockSize, accuracyLevel = 4 }: WeightOptions): BlockFormat {
  return { kind: 'blocks', bits, blockSize: blockSize ?? DEFAULT_BLOCK_SIZE[bits], accuracyLevel };
}

function toActivationType(precision: 'fp32' | 'fp16'): ActivationType {
  return precision === 'fp32' ? 'float32' : 'float16';
}

function checkBlockSize({ blockSize }: WeightOptions): void {
  if (blockSize === undefined) return;
  const isPower = Number.isInteger(Math.log2(blockSize));
  if (isPower && blockSize >= MIN_BLOCK_SIZE && blockSize <= MAX_BLOCK_SIZE) return;
  throw new InvalidWeightOptionError(
    'block size',
    String(blockSize),
    `a power of two from ${MIN_BLOCK_SIZE} to ${MAX_BLOCK_SIZE}`,
  );
}
