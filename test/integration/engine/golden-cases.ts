import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type PromptContent, type PromptMessage } from '@tessera/contracts';
import { type GenerationImage } from '@tessera/engine';
import { findRepositoryRoot } from '@tessera/testing';
import sharp from 'sharp';

export interface GoldenCase {
  key: string;
  /** A system message of the case's own. */
  system?: string;
  turns: [question: string, answer: string | null][];
  images: string[];
  concatenated: boolean;
  prompt: string;
  input_ids: number[];
  tokens: number[];
  text: string;
  finished: boolean;
  tiles_per_image: number[];
  max_new_tokens: number;
  eos_token_id: number;
}

/** What `chat()` and `batch_chat()` of the reference return for the same questions. */
export interface GoldenTranscripts {
  images: string[];
  questions: string[];
  max_new_tokens: number;
  responses: string[];
  chat_responses: string[];
}

export interface GoldenFamily {
  name: string;
  directory: string;
  checkpoint: string;
  images: string;
  cases: GoldenCase[];
  /** Absent for the native layout, whose reference has neither method. */
  transcripts: GoldenTranscripts | undefined;
}

const root = findRepositoryRoot();
const golden = (...parts: string[]): string => path.join(root, 'test', 'golden', ...parts);

/** The families with reference outputs, and where their checkpoints and pictures are. */
export const GOLDEN_FAMILIES: GoldenFamily[] = [
  ...familiesWithCheckpoint().map((name) => ({
    name,
    checkpoint: golden(name, 'checkpoint'),
    images: golden('images'),
  })),
  {
    name: 'tessera-tiny',
    checkpoint: path.join(root, 'models', 'tessera-tiny'),
    images: golden('tessera-tiny', 'images'),
  },
].map((family) => {
  const directory = golden(family.name);
  const { cases, batch_chat: transcripts } = JSON.parse(
    readFileSync(path.join(directory, 'cases.json'), 'utf8'),
  ) as { cases: GoldenCase[]; batch_chat?: GoldenTranscripts };
  return { ...family, directory, cases, transcripts };
});

function familiesWithCheckpoint(): string[] {
  return readdirSync(golden()).filter((name) => existsSync(golden(name, 'checkpoint')));
}

/** Messages of a case; `<image>` in its questions becomes image parts, in order. */
export function caseMessages({ turns }: GoldenCase): { question: PromptContent[]; answer?: string }[] {
  let image = 0;
  return turns.map(([question, answer]) => {
    const pieces = question.split('<image>');
    const content = pieces.flatMap((text, index): PromptContent[] =>
      index === 0
        ? [{ type: 'text', text }]
        : [
            { type: 'image', image: image++ },
            { type: 'text', text },
          ],
    );
    return answer === null ? { question: content } : { question: content, answer };
  });
}

/**
 * The case as API messages. The template puts `<image>\n` and `Image-k: ` itself, so those spellings are taken out of
 * the reference's question, which must leave the same prompt.
 */
export function apiMessages(goldenCase: GoldenCase): PromptMessage[] {
  const { system } = goldenCase;
  const first: PromptMessage[] =
    system === undefined ? [] : [{ role: 'system', content: [{ type: 'text', text: system }] }];
  const dialogue = caseMessages(goldenCase).flatMap(({ question, answer }): PromptMessage[] => {
    const content = question.flatMap((part): PromptContent[] => {
      if (part.type === 'image') return [part];
      const text = part.text.replace(/^\n/, '').replace(/Image-\d+: $/, '');
      return text === '' ? [] : [{ type: 'text', text }];
    });
    const asked: PromptMessage = { role: 'user', content };
    return answer === undefined
      ? [asked]
      : [asked, { role: 'assistant', content: [{ type: 'text', text: answer }] }];
  });
  return [...first, ...dialogue];
}

export async function loadPicture(file: string): Promise<GenerationImage> {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, decode: async () => data };
}

export async function caseImages(family: GoldenFamily, goldenCase: GoldenCase): Promise<GenerationImage[]> {
  const images = await Promise.all(
    goldenCase.images.map((name) => loadPicture(path.join(family.images, `${name}.png`))),
  );
  return images.map((image, index) => ({ ...image, joinsPrevious: goldenCase.concatenated && index > 0 }));
}
