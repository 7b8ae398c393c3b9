import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PromptContent } from '@tessera/contracts';
import { convertModel, type ConvertOptions, readManifest } from '@tessera/converter';
import { Engine } from '@tessera/engine';
import { OrtRuntime } from '@tessera/ort';
import { Tiler } from '@tessera/preprocessing';
import { loadTokenizer, stripText } from '@tessera/tokenizer';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { apiMessages, caseImages, GOLDEN_FAMILIES, type GoldenFamily, loadPicture } from './golden-cases.js';
import { logprobDifference } from './golden-logprobs.js';
import { onDevice, testedDevice } from './tiny-engine.js';
import { readReferenceArrays } from './safetensors.js';

/** As the reference outputs' own README says. */
const RELATIVE_TOLERANCE = 1e-3;

/**
 * The outputs of these two were recorded from a model that had been cast to bfloat16 and back, which rounds the frequencies
 * of its rope; the reference does not do so when it loads a checkpoint, and neither do we.
 */
const FREQUENCIES_ROUNDED = ['internvl3-hf-qwen2', 'internvl3_5-hf-qwen3'];
const recordedWith = ({ name }: GoldenFamily): Pick<ConvertOptions, 'ropeRounding'> =>
  FREQUENCIES_ROUNDED.includes(name) ? { ropeRounding: 'frequencies' } : {};

const ONE_OF_EACH_KIND = ['mini-internvl-chat-4b-v1-5', 'internvl3_5-qwen3', 'internvl2-1b', 'tessera-tiny'];

/** InternVL3.5's own `chat()` leaves special tokens in its reply. */
const KEEPS_SPECIAL_TOKENS = ['internvl3_5-qwen3'];

/** One of each kind of language model, where running all would take half an hour. */
const FAMILIES = onDevice({
  cpu: GOLDEN_FAMILIES,
  webgpu: GOLDEN_FAMILIES.filter(({ name }) => ONE_OF_EACH_KIND.includes(name)).map((family) => ({
    ...family,
    cases: family.cases.filter(({ images }) => images.length > 0).slice(0, 1),
    transcripts: undefined,
  })),
});

describe.each(FAMILIES)('$name', (family) => {
  let directory: string;
  let modelDirectory: string;
  let engine: Engine;
  const reference = readReferenceArrays(path.join(family.directory, 'expected.safetensors'));

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tessera-golden-'));
    modelDirectory = path.join(directory, 'model');
    await convertModel({ source: family.checkpoint, output: modelDirectory, ...recordedWith(family) });
    engine = await Engine.load({ modelDirectory, device: testedDevice(), threads: 2, slotCount: 4 });
  });
  afterAll(async () => {
    await engine.close();
    await rm(directory, { recursive: true });
  });

  it.each(family.cases)('$key: the prompt is the reference’s, token for token', async (goldenCase) => {
    const images = await caseImages(family, goldenCase);
    const plan = engine.plan({ messages: apiMessages(goldenCase), images });
    expect(plan.tokenIds).toEqual(goldenCase.input_ids);
    expect(plan.tilePlans.reduce((sum, { tileCount }) => sum + tileCount, 0)).toBe(
      goldenCase.tiles_per_image.reduce((sum, count) => sum + count, 0),
    );
  });

  const withImages = family.cases.filter(({ images }) => images.length > 0);

  it.each(withImages)('$key: tile counts and vision features are the reference’s', async (goldenCase) => {
    const images = await caseImages(family, goldenCase);
    const { tilePlans } = engine.plan({ messages: apiMessages(goldenCase), images });
    const { tiles } = await readManifest(modelDirectory);
    const runtime = OrtRuntime.create({ intraOpThreads: 2, spin: false });
    onTestFinished(() => runtime.dispose());
    const session = await runtime.createSession(path.join(modelDirectory, 'vision.onnx'));
    onTestFinished(() => session.dispose());
    const expected = reference.floats(`${goldenCase.key}.features`);
    const tileCount = tilePlans.reduce((sum, plan) => sum + plan.tileCount, 0);
    const width = expected.length / tileCount / tiles.tokens_per_tile;
    const pixels = runtime.allocate('uint8', [tileCount, 3, tiles.size_pixels, tiles.size_pixels]);
    const features = runtime.allocate('float32', [tileCount, tiles.tokens_per_tile, width]);
    const tiler = new Tiler(tiles.size_pixels, 1);
    let done = 0;
    for (const [index, plan] of tilePlans.entries()) {
      const decoded = (await images[index]?.decode()) as Uint8Array;
      pixels.rows(done, plan.tileCount).data.set(await tiler.tile(decoded, plan));
      done += plan.tileCount;
    }
    tiler.dispose();
    await session.createBinding().bindInput('tiles', pixels).bindOutput('image_features', features).run();
    expect(relativeDifference(features.data, expected)).toBeLessThan(RELATIVE_TOLERANCE);
  });

  it.each(family.cases)(
    '$key: logits, log probabilities and greedy tokens are the reference’s',
    async (goldenCase) => {
      const steps: Float32Array[] = [];
      const result = await engine.generate({
        messages: apiMessages(goldenCase),
        images: await caseImages(family, goldenCase),
        maxTokens: goldenCase.max_new_tokens,
        logprobs: { top: 8 },
        onLogits: (logits) => steps.push(logits.slice()),
      });
      const first = reference.floats(`${goldenCase.key}.logits_first`);
      expect(relativeDifference(steps[0] ?? [], first)).toBeLessThan(RELATIVE_TOLERANCE);

      const values = reference.floats(`${goldenCase.key}.top_values`);
      const ids = reference.integers(`${goldenCase.key}.top_ids`);
      const tokens = goldenCase.finished ? goldenCase.tokens.slice(0, -1) : goldenCase.tokens;
      // One case ties at its very first step; its logits have been compared all the same.
      const comparable = stepsBeforeTie(values, RELATIVE_TOLERANCE);
      expect(result.tokenIds.slice(0, comparable)).toEqual(tokens.slice(0, comparable));
      for (let step = 0; step < Math.min(comparable, steps.length); step++) {
        const ours = Array.from(ids.subarray(step * 8, step * 8 + 8), (id) => steps[step]?.[id] ?? NaN);
        expect(relativeDifference(ours, values.subarray(step * 8, step * 8 + 8))).toBeLessThan(
          RELATIVE_TOLERANCE,
        );
      }
      const logprobs = (result.logprobs ?? []).slice(0, comparable);
      expect(logprobs.map(({ tokenId }) => tokenId)).toEqual(result.tokenIds.slice(0, comparable));
      if (comparable > 0) {
        // Two logits differ where one does, each by the tolerance.
        const difference = logprobDifference(logprobs, { first, topValues: values });
        expect(difference).toBeLessThan(2 * RELATIVE_TOLERANCE);
      }
      if (comparable * 8 === values.length) {
        expect(result.finishReason).toBe(goldenCase.finished ? 'stop' : 'length');
      }
    },
  );

  const { transcripts } = family;
  if (transcripts === undefined) return;
  it('answers together as chat() and batch_chat() do', async () => {
    const tokenizer = await loadTokenizer(modelDirectory);
    const { images, questions, max_new_tokens: maxTokens, responses, chat_responses } = transcripts;
    const answers = await Promise.all(
      questions.map(async (text, index) => {
        const picture = await loadPicture(path.join(family.images, `${images[index]}.png`));
        const content: PromptContent[] = [
          { type: 'image', image: 0 },
          { type: 'text', text },
        ];
        return engine.generate({ messages: [{ role: 'user', content }], images: [picture], maxTokens });
      }),
    );
    const replies = answers.map(({ text, tokenIds }) =>
      KEEPS_SPECIAL_TOKENS.includes(family.name)
        ? stripText(tokenizer.decode(tokenIds, { skipSpecialTokens: false }))
        : text,
    );
    expect(replies).toEqual(chat_responses);
    expect(replies).toEqual(responses);
  });
});

/** Largest absolute difference, relative to the largest reference value. */
function relativeDifference(ours: ArrayLike<number>, theirs: Float32Array): number {
  expect(ours).toHaveLength(theirs.length);
  let largest = 0;
  let difference = 0;
  for (const [index, value] of theirs.entries()) {
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - (ours[index] ?? NaN)));
  }
  return difference / largest;
}

/** Steps up to the first whose two largest logits are closer than the tolerance: from there on answers may part. */
function stepsBeforeTie(topValues: Float32Array, tolerance: number): number {
  const steps = topValues.length / 8;
  for (let step = 0; step < steps; step++) {
    const [first = 0, second = 0] = topValues.subarray(step * 8, step * 8 + 2);
    if (first - second < tolerance * Math.abs(first)) return step;
  }
  return steps;
}
