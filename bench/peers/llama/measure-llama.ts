import { type DecodeSpeed, type Measurement, type PrefillSpeed, type Work } from '../measurement.js';
import { type LlamaContext, type LlamaModel, type LoadedLlama, loadLlama } from './bindings.js';

/*
 * A process of its own: PACKAGE_DIRECTORY GGUF WORK; the last line of its output is a measurement. Tokens are made up, none is
 * sampled, as llama.cpp's own benches do: a step is the run of the model up to the logits.
 */

/** Tokens of a run of the model, llama.cpp's default. */
const TOKENS_PER_RUN = 512;
const WARM_UP_STEPS = 2;
/** llama.cpp makes the context of a sequence a multiple of this. */
const CONTEXT_GRANULE = 256;

interface Loaded {
  readonly llama: LoadedLlama;
  readonly model: LlamaModel;
  readonly threads: number;
}

async function withContext<T>(
  { llama, model, threads }: Loaded,
  { sequences, tokens }: { sequences: number; tokens: number },
  use: (context: LlamaContext) => Promise<T>,
): Promise<T> {
  const perSequence = Math.ceil(tokens / CONTEXT_GRANULE) * CONTEXT_GRANULE;
  const context = new llama.bindings.AddonContext(model, {
    contextSize: perSequence * sequences,
    batchSize: TOKENS_PER_RUN,
    sequences,
    threads,
    flashAttention: 'auto',
  });
  if (!(await context.init())) throw new Error('llama.cpp could not make a context');
  if (context.getThreads() !== threads) throw new Error(`llama.cpp took ${context.getThreads()} threads`);
  try {
    return await use(context);
  } finally {
    await context.dispose();
  }
}

const someTokens = (count: number, from: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, index) => 3 + ((7 * (from + index)) % 500));

/** Computes a prompt in runs; only its last token has logits. */
async function prefill(context: LlamaContext, sequence: number, promptTokens: number): Promise<void> {
  for (let from = 0; from < promptTokens; from += TOKENS_PER_RUN) {
    const count = Math.min(TOKENS_PER_RUN, promptTokens - from);
    const isLast = from + count === promptTokens;
    context.initBatch(count);
    context.addToBatch(sequence, from, someTokens(count, from), Uint32Array.from(isLast ? [count - 1] : []));
    await context.decodeBatch();
  }
}

async function decodeStep(context: LlamaContext, batch: number, position: number): Promise<void> {
  context.initBatch(batch);
  for (let sequence = 0; sequence < batch; sequence++) {
    context.addToBatch(sequence, position, someTokens(1, position + sequence), Uint32Array.of(0));
  }
  await context.decodeBatch();
}

function measureDecode(loaded: Loaded, batch: number, { decode }: Work): Promise<DecodeSpeed> {
  const { promptTokens, steps } = decode;
  const firstContext = promptTokens + WARM_UP_STEPS;
  const lastContext = firstContext + steps;
  return withContext(loaded, { sequences: batch, tokens: lastContext }, async (context) => {
    for (let sequence = 0; sequence < batch; sequence++) await prefill(context, sequence, promptTokens);
    let startedAt = NaN;
    for (let position = promptTokens; position < lastContext; position++) {
      if (position === firstContext) startedAt = performance.now();
      await decodeStep(context, batch, position);
    }
    const wallMs = performance.now() - startedAt;
    const held = context.getSequenceKvCacheMaxPosition(batch - 1) + 1;
    if (held !== lastContext) throw new Error(`the last sequence holds ${held} tokens, not ${lastContext}`);
    return { batch, steps, firstContext, lastContext, tokensPerSecond: (1000 * batch * steps) / wallMs };
  });
}

function measurePrefill(loaded: Loaded, promptTokens: number): Promise<PrefillSpeed> {
  return withContext(loaded, { sequences: 1, tokens: promptTokens }, async (context) => {
    const startedAt = performance.now();
    await prefill(context, 0, promptTokens);
    return { promptTokens, tokensPerSecond: (1000 * promptTokens) / (performance.now() - startedAt) };
  });
}

const [packageDirectory = '', file = '', workJson = ''] = process.argv.slice(2);
const work = JSON.parse(workJson) as Work;
const llama = await loadLlama(packageDirectory);
const model = new llama.bindings.AddonModel(file, { addonExports: llama.bindings, gpuLayers: 0 });
if (!(await model.init())) throw new Error(`llama.cpp could not load ${file}`);
const loaded = { llama, model, threads: work.threads };
const decode: DecodeSpeed[] = [];
for (const batch of work.decode.batches) decode.push(await measureDecode(loaded, batch, work));
const measurement: Measurement = {
  version: `${llama.version}, ${model.getModelDescription()}, ${work.threads} threads`,
  decode,
  vision: [],
  prefill: await measurePrefill(loaded, work.prefillTokens),
};
await model.dispose();
await llama.dispose();
console.log(JSON.stringify(measurement));
