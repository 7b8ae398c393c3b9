import { randomFillSync } from 'node:crypto';
import path from 'node:path';
import { Engine, type GenerationRequest, type GenerationResult } from '@tessera/engine';
import { convertModel, type WeightOptions } from '@tessera/converter';
import { OrtRuntime } from '@tessera/ort';
import { measureDecode } from '../engine/decode-window.js';
import { type Contestant, type DecodeSpeed, type Measurement, type Work } from './measurement.js';

interface Variant {
  readonly name: string;
  readonly weights: WeightOptions;
}

/** What is compared, by the name that the tables have. */
const VARIANTS: readonly Variant[] = [
  { name: 'fp32', weights: { precision: 'fp32' } },
  { name: 'int8', weights: { precision: 'int8', vision: 'dynamic' } },
  { name: 'int8, prefill int8', weights: { precision: 'int8', vision: 'dynamic', prefill: 'int8' } },
  { name: 'int4, block 128', weights: { precision: 'int4', blockSize: 128, vision: 'dynamic' } },
  { name: 'int4, block 32', weights: { precision: 'int4', vision: 'dynamic' } },
];

const DECODE_QUESTION =
  'What is shown in the picture, how large is it, what color has it, and what else can be seen beside it on the left or the right?';
/** Tokens of that question with the system message and the chat template. */
export const DECODE_PROMPT_TOKENS = 66;
const PICTURE_QUESTION = 'What is shown in the picture?';
/** Tokens of that question with everything but the image tokens. */
export const PICTURE_TEXT_TOKENS = 27;

/**
 * While a prompt is prefilled, those before it are decoded, one step between two prefills: the first sequence is as many
 * tokens ahead as there are sequences, and a few more where it began before all had come.
 */
const SPARE_TOKENS = 4;

/** Sizes of a model that pictures are made for. */
interface Tiles {
  readonly tileSize: number;
}

/** Our engine with each of the formats, converted to folders in `directory`. */
export async function listOurs(
  checkpoint: string,
  { tileSize }: Tiles,
  directory: string,
): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const { name, weights } of VARIANTS) {
    const modelDirectory = path.join(directory, name.replace(/\W+/g, '-'));
    await convertModel({ source: checkpoint, output: modelDirectory, id: 'random', ...weights });
    contestants.push({ name, side: 'ours', measure: (work) => measureOurs(modelDirectory, tileSize, work) });
  }
  return contestants;
}

async function measureOurs(modelDirectory: string, tileSize: number, work: Work): Promise<Measurement> {
  const decode: DecodeSpeed[] = [];
  for (const batch of work.decode.batches) decode.push(await decodeBatch(modelDirectory, batch, work));
  const engine = await Engine.load({
    modelDirectory,
    threads: work.threads,
    slotCount: 1,
    featureCacheBytes: 0,
    prefixReuse: false,
  });
  try {
    await engine.generate(askAbout(1, tileSize));
    const results: GenerationResult[] = [];
    for (const tiles of work.tiles) results.push(await engine.generate(askAbout(tiles, tileSize)));
    return {
      version: `ONNX Runtime ${onnxRuntimeVersion()}, ${work.threads} threads`,
      decode,
      vision: results.map(toVisionSpeed),
      prefill: toPrefillSpeed(results.at(-1) as GenerationResult),
    };
  } finally {
    await engine.close();
  }
}

function onnxRuntimeVersion(): string {
  const runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false });
  try {
    return runtime.version;
  } finally {
    runtime.dispose();
  }
}

async function decodeBatch(
  modelDirectory: string,
  batch: number,
  { threads, decode }: Work,
): Promise<DecodeSpeed> {
  const joiningTokens = batch + SPARE_TOKENS;
  const { promptTokens, steps, tokensPerSecond } = await measureDecode({
    modelDirectory,
    batch,
    threads,
    maxTokens: decode.steps + joiningTokens,
    steps: decode.steps,
    question: DECODE_QUESTION,
  });
  if (promptTokens !== decode.promptTokens)
    throw new Error(`the question has ${promptTokens} tokens, not ${decode.promptTokens}`);
  const lastContext = promptTokens + batch + steps;
  return { batch, steps, firstContext: promptTokens + 1, lastContext, tokensPerSecond };
}

/** A picture of noise that is cut into this many tiles, the thumbnail among them. */
function askAbout(tiles: number, tileSize: number): GenerationRequest {
  const maxTiles = Math.max(1, tiles - 1);
  const size = { width: maxTiles * tileSize, height: tileSize };
  return {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', image: 0 },
          { type: 'text', text: PICTURE_QUESTION },
        ],
      },
    ],
    images: [
      {
        ...size,
        maxTiles,
        decode: () => Promise.resolve(randomFillSync(new Uint8Array(3 * size.width * size.height))),
      },
    ],
    maxTokens: 1,
  };
}

function toVisionSpeed({ tiles: [image], usage, timings }: GenerationResult) {
  const tiles = image?.tiles ?? 0;
  return {
    tiles,
    imageTokens: usage.prompt_tokens_details.image_tokens,
    msPerTile: timings.visionMs / tiles,
  };
}

function toPrefillSpeed({ usage, timings }: GenerationResult) {
  const { prompt_tokens: promptTokens } = usage;
  return { promptTokens, tokensPerSecond: (1000 * promptTokens) / timings.prefillMs };
}
