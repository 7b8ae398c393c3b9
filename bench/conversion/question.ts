import { readFile } from 'node:fs/promises';
import {
  ContextLengthExceededError,
  type Engine,
  type GenerationImage,
  type GenerationRequest,
} from '@tessera/engine';
import { decodeImage, probeImage } from '@tessera/media';

const LIMITS = { maxPixels: 200_000_000 };
const QUESTION = 'What is in the picture?';

/** A picture without a hash, so that every question encodes it anew. */
export async function loadImage(file: string, maxTiles: number | undefined): Promise<GenerationImage> {
  const bytes = await readFile(file);
  const { width, height } = await probeImage(bytes, LIMITS);
  const limit = maxTiles === undefined ? {} : { maxTiles };
  return { width, height, decode: () => decodeImage(bytes, LIMITS), ...limit };
}

/** The question about the images, with so many words behind it. */
export function askAbout(images: readonly GenerationImage[], words = 0): GenerationRequest {
  const text = [QUESTION, ...Array.from({ length: words }, (_, index) => `word${index % 10}`)].join(' ');
  const shown = images.map((_, image) => ({ type: 'image' as const, image }));
  return { messages: [{ role: 'user', content: [...shown, { type: 'text', text }] }], images };
}

/** The question with as many words behind it as a prompt of this many tokens holds. */
export function fillPrompt(
  engine: Engine,
  images: readonly GenerationImage[],
  promptTokens: number,
): GenerationRequest {
  const fits = (words: number): boolean => {
    try {
      return engine.plan({ ...askAbout(images, words), maxTokens: 1 }).tokenIds.length <= promptTokens;
    } catch (error) {
      if (error instanceof ContextLengthExceededError) return false;
      throw error;
    }
  };
  if (!fits(0)) throw new RangeError(`the question alone has more than ${promptTokens} tokens`);
  let [low, high] = [0, promptTokens];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return askAbout(images, low);
}
