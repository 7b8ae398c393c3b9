import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type ChatTemplate, findChatTemplate } from '@tessera/chat-template';
import { type ModelManifest, readManifest } from '@tessera/converter';
import { OrtRuntime, type Session, type SessionOptions } from '@tessera/ort';
import { type ImageTiler, Tiler } from '@tessera/preprocessing';
import { memoryLimitBytes } from '@tessera/processes';
import { loadTokenizer, type Tokenizer } from '@tessera/tokenizer';
import { DecoderRunner } from './decoder-runner.js';
import { defaultThreadCount } from './default-threads.js';
import { type EngineOptions } from './engine-options.js';
import { FeatureCache } from './feature-cache.js';
import { checkPlacement } from './device/check-placement.js';
import { type EngineDevice, openDevice } from './device/open-device.js';
import { ModelFileInvalidError, StopTokenMissingError } from './errors.js';
import { KvCache } from './kv-cache.js';
import { openTensorMemory } from './memory/open-tensor-memory.js';
import { type TensorMemory } from './memory/tensor-memory.js';
import { cacheShape, checkMemory, type MemoryPlan, planMemory } from './plan-memory.js';
import { type SlotClass } from './policy/slot-classes.js';
import { SlotContents } from './policy/slot-contents.js';
import { SlotTable } from './policy/slot-table.js';
import { Scheduler } from './scheduler.js';
import { type Sequence } from './sequence.js';
import { type SlotGroup } from './steps/step.js';
import { VisionRunner } from './vision-runner.js';
import { Watchdog } from './watchdog.js';

const DEFAULT_TILES_PER_RUN = 8;
const NO_LIMIT = { stepTimeoutMs: 0, onHang: () => undefined };

/** Everything that a loaded engine works with. */
export interface EngineParts {
  readonly runtime: OrtRuntime;
  readonly device: EngineDevice;
  /** The device's, for what stays between runs. */
  readonly memory: TensorMemory;
  readonly manifest: ModelManifest;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly tiler: ImageTiler;
  readonly memoryPlan: MemoryPlan;
  readonly scheduler: Scheduler;
  readonly features: FeatureCache;
  readonly watchdog: Watchdog;
  /** What holds native memory, in the order in which it was made. */
  readonly disposables: readonly { dispose(): void }[];
}

/** Loads a converted model. What was made before a failure is disposed of. */
export async function loadEngineParts(options: EngineOptions): Promise<EngineParts> {
  const { modelDirectory } = options;
  const manifest = await readManifest(modelDirectory);
  await checkModelFiles(modelDirectory, manifest);
  const memoryPlan = planMemory(manifest, options);
  if ((options.device ?? 'cpu') === 'cpu')
    checkMemory(memoryPlan, options.memoryLimitBytes ?? memoryLimitBytes());
  const { classes, featureCacheBytes } = memoryPlan;
  const tokenizer = await loadTokenizer(modelDirectory);
  const template = findChatTemplate(manifest.chat_template.name, manifest.chat_template.system_message);
  const stopTokenIds = new Set([stopTokenId(tokenizer, template)]);
  const disposables: { dispose(): void }[] = [];
  const keep = <T extends { dispose(): void }>(disposable: T): T => {
    disposables.push(disposable);
    return disposable;
  };
  try {
    const native = await loadNativeParts(options, { manifest, classes, keep });
    const watchdog = new Watchdog(options.watchdog ?? NO_LIMIT);
    const scheduler = new Scheduler({
      watchdog,
      groups: native.groups,
      vision: native.vision,
      longRope: longRope(manifest),
      reusesPrefixes: options.prefixReuse ?? true,
      stopTokenIds,
      ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    });
    const features = keep(new FeatureCache(featureCacheBytes));
    return {
      ...native,
      manifest,
      tokenizer,
      template,
      memoryPlan,
      scheduler,
      features,
      watchdog,
      disposables,
    };
  } catch (error) {
    disposeInReverse(disposables);
    throw error;
  }
}

/** Frees what was made last first, since later parts use earlier ones. */
export function disposeInReverse(disposables: readonly { dispose(): void }[]): void {
  for (const disposable of [...disposables].reverse()) disposable.dispose();
}

interface NativeContext {
  readonly manifest: ModelManifest;
  readonly classes: readonly SlotClass[];
  readonly keep: <T extends { dispose(): void }>(disposable: T) => T;
}

async function loadNativeParts(options: EngineOptions, context: NativeContext) {
  const { manifest, classes, keep } = context;
  const threads = options.threads ?? defaultThreadCount();
  const runtime = keep(OrtRuntime.create({ intraOpThreads: threads, spin: false, library: options.library }));
  const { size_pixels: tileSizePixels } = manifest.tiles;
  const tiler = keep(options.createTiler?.(runtime, tileSizePixels) ?? new Tiler(tileSizePixels, threads));
  const device = await openDevice(runtime, options.device ?? 'cpu', manifest);
  const load = async (file: string, on: EngineDevice['id']): Promise<Session> => {
    const session = keep(
      await runtime.createSession(path.join(options.modelDirectory, file), sessionOptions(options, file, on)),
    );
    checkPlacement(session, file);
    return session;
  };
  const visionSession = await load('vision.onnx', device.vision);
  const decode = await load('decoder.onnx', device.id);
  const sessions = {
    decode,
    prefill: computesPromptsApart(manifest, device) ? await load('prefill.onnx', 'cpu') : decode,
  };
  const memory = keep(openTensorMemory(runtime, decode));
  const outputMemory = keep(openTensorMemory(runtime, visionSession));
  const maxTiles = sharesRuns(manifest) ? (options.tilesPerRun ?? DEFAULT_TILES_PER_RUN) : 1;
  const vision = keep(
    await VisionRunner.open({
      runtime,
      session: visionSession,
      outputMemory,
      memory,
      sizes: visionSizes(manifest),
      maxTiles,
    }),
  );
  const groups: SlotGroup[] = [];
  for (const slotClass of classes) {
    const cache = keep(await KvCache.allocate(memory, cacheShape(manifest), slotClass));
    const runner = keep(new DecoderRunner({ runtime, sessions, memory, cache, ...decoderSizes(manifest) }));
    const { capacityTokens, slotCount } = slotClass;
    const slots = new SlotTable<Sequence>(slotCount);
    groups.push({ capacityTokens, slots, contents: new SlotContents(), cache, runner });
  }
  return { runtime, device, memory, tiler, vision, groups };
}

function sessionOptions(
  { profileTo }: EngineOptions,
  file: string,
  device: EngineDevice['id'],
): SessionOptions {
  return {
    device,
    recordPlacement: device !== 'cpu',
    ...(profileTo === undefined ? {} : { profileTo: `${profileTo}-${file}` }),
  };
}

function decoderSizes({ language_model: { hidden_size, vocabulary_size }, weights }: ModelManifest) {
  return {
    hiddenSize: hidden_size,
    vocabularySize: vocabulary_size,
    elementType: weights.activations,
  };
}

/** Finds a cut-off download or copy before ONNX Runtime maps the file. Checksums are not computed: models are large. */
async function checkModelFiles(directory: string, manifest: ModelManifest): Promise<void> {
  for (const [name, { bytes }] of Object.entries(manifest.files)) {
    const file = path.join(directory, name);
    const { size } = await stat(file).catch((cause: unknown) => {
      throw new ModelFileInvalidError(file, bytes, undefined, { cause });
    });
    if (size !== bytes) throw new ModelFileInvalidError(file, bytes, size);
  }
}

/** The graph for prompts is made of CPU kernels: other devices compute prompts with the decoder's. */
function computesPromptsApart({ weights }: ModelManifest, { id }: EngineDevice): boolean {
  return weights.prefill !== undefined && id === 'cpu';
}

/** Kernels with one scale for all of a run must have one tile in it, or an answer would depend on its neighbours. */
function sharesRuns({ weights }: ModelManifest): boolean {
  return weights.vision.kind !== 'dynamic';
}

function visionSizes({ tiles, language_model, weights }: ModelManifest) {
  return {
    tileSizePixels: tiles.size_pixels,
    tokensPerTile: tiles.tokens_per_tile,
    hiddenSize: language_model.hidden_size,
    elementType: weights.activations,
  };
}

function longRope({ language_model: { long_rope } }: ModelManifest) {
  if (long_rope === null) return null;
  return { originalContextTokens: long_rope.original_context_tokens, rowOffset: long_rope.row_offset };
}

/** The reference stops at exactly one token: the template's separator. */
function stopTokenId(tokenizer: Tokenizer, template: ChatTemplate): number {
  const token = template.stopToken;
  const id = tokenizer.tokenId(token);
  if (id === undefined) throw new StopTokenMissingError(token);
  return id;
}
