import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PRECISIONS } from '@tessera/contracts';
import { z } from 'zod';
import { ManifestInvalidError } from './errors/index.js';

export const MANIFEST_FILE = 'tessera.json';
/** Goes up when a converted model of before would not run, or would answer differently. */
export const FORMAT_VERSION = 4;

const matrixFormatSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('float') }),
  z.object({ kind: z.literal('dynamic') }),
  z.object({ kind: z.literal('rows') }),
  z.object({
    kind: z.literal('blocks'),
    bits: z.literal([4, 8]),
    block_size: z.int(),
    accuracy_level: z.literal([0, 1, 4]),
  }),
]);

const manifestSchema = z.object({
  format_version: z.literal(FORMAT_VERSION),
  id: z.string().min(1),
  /** Changes whenever answers may: a hash over the converted files and how they are used. */
  revision: z.string().min(1),
  precision: z.enum(PRECISIONS),
  /** Number formats by part. */
  weights: z.object({
    activations: z.enum(['float32', 'float16']),
    vision: matrixFormatSchema,
    language_model: matrixFormatSchema,
    /** Of the layers in a graph of their own for prompts, `prefill.onnx`; absent where prompts take the decoder's. */
    prefill: matrixFormatSchema.optional(),
    lm_head: matrixFormatSchema,
    embeddings: z.enum(['float32', 'float16', 'int8', 'int4']),
  }),
  tiles: z.object({
    size_pixels: z.int(),
    /** Whether images are cut into tiles at all; otherwise each is one tile, whatever a request asks for. */
    dynamic: z.boolean(),
    min: z.int(),
    /** Tiles an image gets when a request does not say; the thumbnail comes on top. */
    max: z.int(),
    use_thumbnail: z.boolean(),
    tokens_per_tile: z.int(),
  }),
  chat_template: z.object({ name: z.string(), system_message: z.string().nullable() }),
  language_model: z.object({
    hidden_size: z.int(),
    layers: z.int(),
    heads: z.int(),
    kv_heads: z.int(),
    head_size: z.int(),
    vocabulary_size: z.int(),
    context_tokens: z.int(),
    /** Rows of the rope tables that a sequence longer than `original_context_tokens` uses start at `row_offset`. */
    long_rope: z.object({ original_context_tokens: z.int(), row_offset: z.int() }).nullable(),
  }),
  /** What was converted. */
  source: z.object({
    vision_encoder: z.string(),
    language_model: z.string(),
    parameters: z.int(),
    /** Where `tessera model pull` got the checkpoint from; null for one that came in another way. */
    pulled: z.object({ repository: z.string(), commit: z.string() }).nullable(),
  }),
  files: z.record(z.string(), z.object({ bytes: z.int(), sha256: z.string() })),
});

/** `tessera.json`: everything that running a converted model needs to know besides its graphs and tokenizer. */
export type ModelManifest = z.infer<typeof manifestSchema>;

/** Reads the manifest of a converted model. Throws {@link ManifestInvalidError}. */
export async function readManifest(directory: string): Promise<ModelManifest> {
  const file = path.join(directory, MANIFEST_FILE);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ManifestInvalidError(file, 'the file is missing', { cause });
  });
  const manifest = parseJson(file, text);
  refuseOtherFormat(file, manifest);
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) throw new ManifestInvalidError(file, z.prettifyError(parsed.error));
  return parsed.data;
}

export async function writeManifest(
  directory: string,
  manifest: Omit<ModelManifest, 'format_version'>,
): Promise<void> {
  const text = JSON.stringify({ format_version: FORMAT_VERSION, ...manifest }, null, 2);
  await writeFile(path.join(directory, MANIFEST_FILE), `${text}\n`, { flush: true });
}

function refuseOtherFormat(file: string, manifest: unknown): void {
  const { success, data } = z.object({ format_version: z.int() }).safeParse(manifest);
  if (!success || data.format_version === FORMAT_VERSION) return;
  throw new ManifestInvalidError(
    file,
    `its format is ${data.format_version}, this version reads ${FORMAT_VERSION}; convert the checkpoint again`,
  );
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ManifestInvalidError(file, 'it is not JSON', { cause });
  }
}
