// Runs as a process of its own: loads a converted model, asks one question, once or several times at the same time, and
// prints what it took as one line of JSON.
import { parseArgs } from 'node:util';
import { readManifest } from '@tessera/converter';
import { Engine, type GenerationRequest } from '@tessera/engine';
import { toWindow } from '../engine/decode-window.js';
import { type AnswerMeasurement } from './answer-measurement.js';
import { askAbout, fillPrompt, loadImage } from './question.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: '' },
    image: { type: 'string' },
    threads: { type: 'string', default: '2' },
    'max-tokens': { type: 'string', default: '32' },
    'max-tiles': { type: 'string' },
    /** How many ask at the same time. */
    batch: { type: 'string', default: '1' },
    /** The prompt is made as long as this. */
    'prompt-tokens': { type: 'string' },
    /** What a slot holds at least; the KV cache gets as much memory as that takes. */
    positions: { type: 'string' },
  },
});
const SHORT_SLOT_POSITIONS = 2048;
const PREFILL_CHUNK_TOKENS = 512;
const BYTES_PER_VALUE = { float32: 4, float16: 2 };
const batch = Number(options.batch);
const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

async function load(): Promise<Engine> {
  const { language_model: model, weights } = await readManifest(options.model);
  const positions = numberOf(options.positions);
  const bytesPerPosition =
    model.layers * 2 * model.kv_heads * model.head_size * BYTES_PER_VALUE[weights.activations];
  const shortPositions = batch * Math.min(SHORT_SLOT_POSITIONS, model.context_tokens);
  const cache =
    positions === undefined
      ? {}
      : {
          cacheBudgetBytes:
            bytesPerPosition * (shortPositions + (positions > SHORT_SLOT_POSITIONS ? positions : 0)),
        };
  return Engine.load({
    modelDirectory: options.model,
    threads: Number(options.threads),
    slotCount: batch,
    ...cache,
  });
}

async function makeRequest(engine: Engine): Promise<GenerationRequest> {
  const images =
    options.image === undefined ? [] : [await loadImage(options.image, numberOf(options['max-tiles']))];
  const promptTokens = numberOf(options['prompt-tokens']);
  return promptTokens === undefined ? askAbout(images) : fillPrompt(engine, images, promptTokens);
}

/** So many that all are decoded together for `--max-tokens` steps, one of which runs between any two other runs. */
function tokensEach(promptTokens: number, tiles: number): number {
  const runsOfOthers = (batch - 1) * (Math.ceil(promptTokens / PREFILL_CHUNK_TOKENS) + 1 + tiles);
  return Number(options['max-tokens']) + runsOfOthers;
}

async function measureAnswer(): Promise<AnswerMeasurement> {
  const startedAt = performance.now();
  const engine = await load();
  const loadedAt = performance.now();
  const request = await makeRequest(engine);
  const planned = engine.plan({ ...request, maxTokens: 1 });
  const tiles = planned.tilePlans.reduce((sum, { tileCount }) => sum + tileCount, 0);
  const maxTokens = tokensEach(planned.tokenIds.length, tiles);
  const askedAt = performance.now();
  const tokenTimes = Array.from({ length: batch }, (): number[] => []);
  const answers = await Promise.all(
    tokenTimes.map((times) =>
      engine.generate({
        ...request,
        maxTokens,
        onLogits: (logits) => {
          if (!logits.every(Number.isFinite)) throw new Error('a logit is not a finite number');
          times.push(performance.now());
        },
      }),
    ),
  );
  await engine.close();
  const firstTimes = tokenTimes.map(([first = NaN]) => (first - askedAt) / 1000);
  const { steps, tokensPerSecond } = toWindow(tokenTimes, undefined);
  return {
    loadSeconds: (loadedAt - startedAt) / 1000,
    tiles,
    promptTokens: planned.tokenIds.length,
    visionSeconds: Math.max(...answers.map(({ timings }) => timings.visionMs)) / 1000,
    firstTokenSeconds: Math.min(...firstTimes),
    lastFirstTokenSeconds: Math.max(...firstTimes),
    tokensPerSecond: steps > 0 ? tokensPerSecond : null,
    tokens: answers.reduce((sum, { usage }) => sum + usage.completion_tokens, 0),
  };
}

console.log(JSON.stringify(await measureAnswer()));
