import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type PromptMessage } from '@tessera/contracts';
import {
  type Engine,
  type GenerationImage,
  GenerationParameterError,
  type GenerationRequest,
  PromptTextTooLongError,
} from '@tessera/engine';
import { findRepositoryRoot } from '@tessera/testing';
import sharp, { type Sharp } from 'sharp';

/** How a request of the load ends. */
export type Outcome = 'answered' | 'aborted' | 'too long' | 'bad parameter' | 'bad image' | 'bad hook';

interface LoadRequest {
  readonly request: GenerationRequest;
  readonly expected: Outcome;
}

const GOLDEN = path.join(findRepositoryRoot(), 'test', 'golden');
const PICTURES = path.join(GOLDEN, 'evaluation', 'pictures');
/** Pictures that come again and again, so that caches have them. */
const REPEATED = 5;
/** Far longer than any context: it must be refused unencoded. */
const ENDLESS = 'no end '.repeat(600_000);
const QUESTIONS = ['What is in the picture?', 'How many shapes are there?', 'Which colour is the largest?'];
const HOOK_FAILURE = new Error('the client went away');

const goAway = (): never => {
  throw HOOK_FAILURE;
};

/** What the requests of a kind follow from. */
interface Turn {
  /** How many were sent before. */
  readonly number: number;
  /** How many of this kind were sent before. */
  readonly round: number;
  readonly question: string;
  readonly pictures: Pictures;
}

type Kind = (turn: Turn) => Promise<LoadRequest> | LoadRequest;

const answered = (request: GenerationRequest): LoadRequest => ({ request, expected: 'answered' });

const KINDS: readonly Kind[] = [
  ({ number }) => answered(asking(`Question ${number}?`)),
  // Every fourth needs a slot of the longer class.
  ({ number, round }) => answered({ ...asking(longText(round % 4 === 0 ? 450 : 40, number)), maxTokens: 8 }),
  async ({ pictures, round, question }) => answered(asking(question, await pictures.seen(round))),
  async ({ pictures, round, question }) => answered(asking(`${question} Now?`, await pictures.seen(round))),
  async ({ pictures, number, question }) => answered(asking(question, await pictures.fresh(number, 1))),
  async ({ pictures, number, question }) => answered(asking(question, await pictures.fresh(number, 12))),
  ({ pictures, round, question }) =>
    answered({ ...asking(question, pictures.large(round % 8 === 0 ? 40 : 6)), maxTokens: 8 }),
  async ({ pictures, number, round, question }) =>
    answered(asking(question, await pictures.fresh(number, 2), await pictures.seen(round))),
  async ({ pictures, number, round, question }) =>
    answered({
      ...asking(question, await pictures.seen(round)),
      ...{ sampling: { temperature: 1, topP: 0.9, seed: number }, n: 2 },
    }),
  async ({ pictures, number, question }) =>
    answered({
      ...asking(question, await pictures.fresh(number, 4)),
      ...{ sampling: { temperature: 0.7, topK: 20, minP: 0.01, repetitionPenalty: 1.1, seed: number } },
      ...{ logprobs: { top: 5 }, stop: ['red', '.'] },
    }),
  async ({ pictures, number, round, question }) =>
    aborting(asking(question, await pictures.fresh(number, 6)), round * 7),
  async ({ pictures, round, question }) => abortingAtText(asking(question, await pictures.seen(round))),
  () => ({ request: asking(ENDLESS), expected: 'too long' }),
  ({ question }) => ({ request: asking(question, notAnImage()), expected: 'bad image' }),
  ({ question }) => ({
    request: { ...asking(question), sampling: { topK: 0 } },
    expected: 'bad parameter',
  }),
  async ({ pictures, round, question }) => ({
    request: { ...asking(question, await pictures.seen(round)), onText: goAway },
    expected: 'bad hook',
  }),
];

/**
 * Requests of every kind that an engine meets: short and long prompts, few and many tiles, pictures seen before and new
 * ones, greedy and sampled, some that are aborted and some that must fail. The kinds take turns; every run is the same.
 */
export class MixedLoad {
  /** How many requests ended so. */
  readonly outcomes: Record<Outcome, number> = {
    answered: 0,
    aborted: 0,
    'too long': 0,
    'bad parameter': 0,
    'bad image': 0,
    'bad hook': 0,
  };
  /** Of prompts and answers. */
  tokens = 0;
  private sent = 0;
  private readonly pictures = new Pictures();

  /**
   * Sends requests by several clients, each one at a time, for as long as `goesOn`. Throws where one ends otherwise than
   * it should.
   */
  async run(engine: Engine, clients: number, goesOn: (sent: number) => boolean): Promise<void> {
    const client = async (): Promise<void> => {
      while (goesOn(this.sent)) await this.send(engine, this.sent++);
    };
    await Promise.all(Array.from({ length: clients }, client));
  }

  private async send(engine: Engine, number: number): Promise<void> {
    const round = Math.floor(number / KINDS.length);
    const question = QUESTIONS[round % QUESTIONS.length] as string;
    const makeRequest = KINDS[number % KINDS.length] as Kind;
    const { request, expected } = await makeRequest({ number, round, question, pictures: this.pictures });
    const outcome = await engine.generate(request).then(
      ({ usage }) => {
        this.tokens += usage.total_tokens;
        return 'answered' as const;
      },
      (error: unknown) => outcomeOf(error, request),
    );
    // An answer may be complete before it is aborted.
    if (outcome !== expected && !(expected === 'aborted' && outcome === 'answered')) {
      throw new Error(`request ${number} should have been: ${expected}; it was: ${outcome}`);
    }
    this.outcomes[outcome]++;
  }
}

/** Pictures of the evaluation, decoded anew each time. */
class Pictures {
  private readonly files = readdirSync(PICTURES)
    .sort()
    .map((name) => readFileSync(path.join(PICTURES, name)));
  private readonly largeFile = readFileSync(path.join(GOLDEN, 'images', 'hd.png'));

  /** One of the few that come again and again. */
  async seen(number: number): Promise<GenerationImage> {
    const index = number % REPEATED;
    return { ...(await this.open(index)), contentHash: `picture ${index}` };
  }

  /** One whose features are not kept. */
  async fresh(number: number, maxTiles: number): Promise<GenerationImage> {
    return { ...(await this.open(number % this.files.length)), maxTiles };
  }

  large(maxTiles: number): GenerationImage {
    const size = { width: 1920, height: 1080 };
    return {
      ...size,
      maxTiles,
      decode: () => pixelsOf(sharp(this.largeFile).resize({ ...size, fit: 'fill' })),
    };
  }

  private async open(index: number): Promise<GenerationImage> {
    const bytes = this.files[index] as Buffer;
    const { width, height } = await sharp(bytes).metadata();
    return { width, height, decode: () => pixelsOf(sharp(bytes)) };
  }
}

function outcomeOf(error: unknown, { signal }: GenerationRequest): Outcome {
  if (signal?.aborted === true && error === signal.reason) return 'aborted';
  if (error === HOOK_FAILURE) return 'bad hook';
  if (error instanceof PromptTextTooLongError) return 'too long';
  if (error instanceof GenerationParameterError) return 'bad parameter';
  if (error instanceof Error && error.message.includes('unsupported image format')) return 'bad image';
  throw error;
}

/** @param question after the images, in their order */
export function asking(question: string, ...images: readonly GenerationImage[]): GenerationRequest {
  const shown = images.map((_, image) => ({ type: 'image' as const, image }));
  const messages: PromptMessage[] = [{ role: 'user', content: [...shown, { type: 'text', text: question }] }];
  return { messages, images, maxTokens: 32 };
}

/** Text of so many words, another one for every turn. */
export function longText(words: number, turn: number): string {
  return Array.from({ length: words }, (_, index) => `word${(index * 7 + turn) % 10}`).join(' ');
}

/** Aborts after so many turns of the event loop, at whatever stage the request is then. */
function aborting(request: GenerationRequest, turns: number): LoadRequest {
  const controller = new AbortController();
  const wait = (left: number): void =>
    void setImmediate(() => (left > 0 ? wait(left - 1) : controller.abort()));
  wait(turns % 600);
  return { request: { ...request, signal: controller.signal }, expected: 'aborted' };
}

function abortingAtText(request: GenerationRequest): LoadRequest {
  const controller = new AbortController();
  const onText = (): void => controller.abort();
  return { request: { ...request, signal: controller.signal, onText }, expected: 'aborted' };
}

function notAnImage(): GenerationImage {
  return { width: 200, height: 100, decode: () => pixelsOf(sharp(Buffer.from('this is no image'))) };
}

function pixelsOf(image: Sharp): Promise<Uint8Array> {
  return image.removeAlpha().toColourspace('srgb').raw().toBuffer();
}
