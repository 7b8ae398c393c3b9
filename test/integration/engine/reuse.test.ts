import { type Engine, type GenerationRequest } from '@tessera/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  convertTinyModel,
  difference,
  onDevice,
  type Question,
  readQuestions,
  record,
  type TinyModel,
} from './tiny-engine.js';

const questions = readQuestions();
const [cat, dog] = questions as [Question, Question];
const PROMPTS = [
  'Describe the image in detail.',
  'What color is the background?',
  'How many shapes are there?',
];

/** The request as a caller makes it who knows what file the picture came from. */
async function askKnown(picture: string, question: string): Promise<GenerationRequest> {
  const request = { ...(await ask([picture], question)), maxTokens: onDevice({ cpu: 48, webgpu: 4 }) };
  return { ...request, images: request.images.map((image) => ({ ...image, contentHash: picture })) };
}

describe('what was computed for one question', () => {
  let model: TinyModel;
  let reusing: Engine;
  let forgetful: Engine;

  beforeAll(async () => {
    model = await convertTinyModel();
    reusing = await model.load();
    forgetful = await model.load({ prefixReuse: false, featureCacheBytes: 0 });
  });
  afterAll(async () => {
    await Promise.all([reusing.close(), forgetful.close()]);
    await model.remove();
  });

  it('is used for the next one about the same picture, and gives the same numbers to the bit', async () => {
    for (const prompt of PROMPTS.slice(0, onDevice({ cpu: 3, webgpu: 2 }))) {
      const request = await askKnown(cat.picture, prompt);
      const [ours, theirs] = [await record(reusing, request), await record(forgetful, request)];
      expect(ours.tokenIds).toEqual(theirs.tokenIds);
      expect(difference(ours.logits, theirs.logits)).toBe(0);
      const undecodable = request.images.map((image) => ({
        ...image,
        decode: () => Promise.reject(new Error('the picture was decoded again')),
      }));
      const { usage, timings } = await reusing.generate({ ...request, images: undecodable });
      const imageTokens = usage.prompt_tokens_details.image_tokens;
      expect(usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(imageTokens);
      expect(timings.visionMs).toBe(0);
    }
  });

  it('is not used for another picture of the same size', async () => {
    const request = await askKnown(cat.picture, PROMPTS[0] as string);
    const other = {
      ...request,
      images: (await ask([cat.picture], '')).images.map((image) => ({
        ...image,
        contentHash: 'another',
        decode: async () => (await image.decode()).map((value) => 255 - value),
      })),
    };
    await reusing.generate(request);
    const [ours, theirs] = [await record(reusing, other), await record(forgetful, other)];
    expect(ours.tokenIds).toEqual(theirs.tokenIds);
    expect(difference(ours.logits, theirs.logits)).toBe(0);
  });

  it('is not used for a picture that nobody says to be the same', async () => {
    const request = { ...(await ask([dog.picture], PROMPTS[0] as string)), maxTokens: 2 };
    await reusing.generate(request);
    const { usage, timings } = await reusing.generate(request);
    expect(usage.prompt_tokens_details.cached_tokens).toBeLessThan(
      usage.prompt_tokens - usage.prompt_tokens_details.image_tokens,
    );
    expect(timings.visionMs).toBeGreaterThan(0);
  });

  it('is used by prompts of the same system message', async () => {
    const system = 'You answer questions about pictures of coloured shapes. '.repeat(8);
    const cachedOf = async (question: string): Promise<number> => {
      const { messages } = await ask([], question);
      const { usage } = await reusing.generate({
        images: [],
        maxTokens: 2,
        messages: [{ role: 'system', content: [{ type: 'text', text: system }] }, ...messages],
      });
      return usage.prompt_tokens_details.cached_tokens;
    };
    expect(await cachedOf('Hello, who are you?')).toBeLessThan(20);
    expect(await cachedOf('What can you do?')).toBeGreaterThanOrEqual(100);
  });

  it('is encoded once for questions that arrive together', async () => {
    const requests = await Promise.all(
      Array.from({ length: onDevice({ cpu: 5, webgpu: 3 }) }, (_, index) =>
        askKnown(dog.picture, `${PROMPTS[index % 3]} ${index}`),
      ),
    );
    let decoded = 0;
    const counted = requests.map((request) => ({
      ...request,
      images: request.images.map((image) => ({
        ...image,
        decode: () => {
          decoded++;
          return image.decode();
        },
      })),
    }));
    const together = await Promise.all(counted.map((request) => record(reusing, request)));
    expect(decoded).toBe(1);
    for (const [index, request] of requests.entries()) {
      const alone = await record(forgetful, request);
      expect(together[index]?.tokenIds).toEqual(alone.tokenIds);
      expect(difference(together[index]?.logits ?? [], alone.logits)).toBe(0);
    }
  });

  it('is still right when slots change hands among many pictures and questions', async () => {
    const requests = await Promise.all(
      Array.from({ length: onDevice({ cpu: 36, webgpu: 4 }) }, (_, index) =>
        askKnown((questions[(index * 5) % 7] as Question).picture, PROMPTS[(index * 2) % 3] as string),
      ),
    );
    const together = await Promise.all(requests.map((request) => record(reusing, request)));
    for (const [index, request] of requests.entries()) {
      const alone = await record(forgetful, request);
      expect(together[index]?.tokenIds).toEqual(alone.tokenIds);
      expect(difference(together[index]?.logits ?? [], alone.logits)).toBeLessThan(1e-4);
    }
  });

  it('is encoded by the next when the first gives up', async () => {
    const picture = (questions[9] as Question).picture;
    const controller = new AbortController();
    const first = reusing.generate({ ...(await askKnown(picture, 'Describe.')), signal: controller.signal });
    const second = reusing.generate(await askKnown(picture, 'Describe the image in detail.'));
    controller.abort(new Error('no longer wanted'));
    await expect(first).rejects.toThrow('no longer wanted');
    expect((await second).text).not.toBe('');
  });
});
