import path from 'node:path';
import { type ChatTemplate, findChatTemplate } from '@tessera/chat-template';
import { type FinishReason, type ServedModel } from '@tessera/contracts';
import { type ModelManifest, readManifest } from '@tessera/converter';
import { OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type ImageTiler, Tiler } from '@tessera/preprocessing';
import pLimit from 'p-limit';
import { loadTokenizer, type Tokenizer } from '@tessera/tokenizer';
import { DecoderRunner } from './decoder-runner.js';
import { ContextLengthExceededError, StopTokenMissingError } from './errors.js';
import { type GenerationRequest, type GenerationResult } from './generation.js';
import { cacheBytesPerToken, KvCache } from './kv-cache.js';
import { type PlannedPrompt, planPrompt } from './plan-prompt.js';
import { classFor, planSlotClasses, type SlotClass } from './policy/slot-classes.js';
import { SlotTable } from './policy/slot-table.js';
import { Scheduler, type SlotGroup } from './scheduler.js';
import { Sequence, type SequenceImages } from './sequence.js';
import { tileImages } from './tile-images.js';
import { toResult } from './to-result.js';
import { VisionRunner } from './vision-runner.js';

export interface EngineOptions {
  /** A converted model. */
  modelDirectory: string;
  /** Threads of one operator. */
  threads: number;
  /** Sequences decoded together. @defaultValue 8 */
  slotCount?: number;
  /** Memory for the KV cache. @defaultValue 4 GiB */
  cacheBudgetBytes?: number;
  /** Tiles of one vision run, from one or several requests. @defaultValue 8 */
  tilesPerRun?: number;
  /** How images are tiled. @defaultValue the model's tiling graph */
  createTiler?: (runtime: OrtRuntime, tileSizePixels: number) => ImageTiler;
}

const DEFAULT_SLOT_COUNT = 8;
const DEFAULT_CACHE_BUDGET_BYTES = 4 * 1024 ** 3;
const DEFAULT_TILES_PER_RUN = 8;
/** Requests whose images are decoded and tiled at the same time: enough to keep ahead of the model, few in memory. */
const CONCURRENT_PREPARATIONS = 2;

interface EngineParts {
  readonly runtime: OrtRuntime;
  readonly manifest: ModelManifest;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly tiler: ImageTiler;
  readonly sessions: readonly Session[];
  readonly vision: VisionRunner;
  readonly classes: readonly SlotClass[];
  readonly groups: readonly SlotGroup[];
  readonly scheduler: Scheduler;
}

/** A loaded model that answers requests, many at a time. */
export class Engine {
  private readonly preparation = pLimit(CONCURRENT_PREPARATIONS);

  private constructor(private readonly parts: EngineParts) {}

  /** Loads a converted model. Throws when a file is missing or the KV cache does not fit its budget. */
  static async load(options: EngineOptions): Promise<Engine> {
    const { modelDirectory } = options;
    const manifest = await readManifest(modelDirectory);
    const classes = planSlotClasses({
      slotCount: options.slotCount ?? DEFAULT_SLOT_COUNT,
      contextTokens: manifest.language_model.context_tokens,
      bytesPerToken: cacheBytesPerToken(cacheShape(manifest)),
      budgetBytes: options.cacheBudgetBytes ?? DEFAULT_CACHE_BUDGET_BYTES,
    });
    const tokenizer = await loadTokenizer(modelDirectory);
    const template = findChatTemplate(manifest.chat_template.name, manifest.chat_template.system_message);
    const runtime = OrtRuntime.create({ intraOpThreads: options.threads, spin: false });
    const file = (name: string): string => path.join(modelDirectory, name);
    const tiler =
      options.createTiler?.(runtime, manifest.tiles.size_pixels) ??
      (await Tiler.load(runtime, file('tiling.onnx'), manifest.tiles.size_pixels));
    const visionSession = await runtime.createSession(file('vision.onnx'));
    const decoder = await runtime.createSession(file('decoder.onnx'));
    const vision = new VisionRunner(
      runtime,
      visionSession,
      visionSizes(manifest),
      options.tilesPerRun ?? DEFAULT_TILES_PER_RUN,
    );
    const groups = classes.map((slotClass) => slotGroup(runtime, decoder, manifest, slotClass));
    const scheduler = new Scheduler({
      groups,
      vision,
      longRope: longRope(manifest),
      stopTokenIds: new Set([stopTokenId(tokenizer, template)]),
    });
    const sessions = [visionSession, decoder];
    return new Engine({
      runtime,
      manifest,
      tokenizer,
      template,
      tiler,
      sessions,
      vision,
      classes,
      groups,
      scheduler,
    });
  }

  /** What this engine serves. */
  get model(): ServedModel {
    const { manifest } = this.parts;
    return {
      id: manifest.id,
      revision: manifest.revision,
      contextTokens: this.contextTokens,
      tokensPerTile: manifest.tiles.tokens_per_tile,
      tileSizePixels: manifest.tiles.size_pixels,
      defaultMaxTiles: manifest.tiles.max,
      precision: manifest.precision,
      device: 'cpu',
    };
  }

  /** Sequences that can be decoded at the same time. */
  get slotCount(): number {
    return this.parts.classes.reduce((sum, slotClass) => sum + slotClass.slotCount, 0);
  }

  /** Token ids and tiles of a request without running it. Throws what {@link generate} would throw of the request alone. */
  plan(request: GenerationRequest): PlannedPrompt {
    const { manifest, template, tokenizer } = this.parts;
    return planPrompt({ manifest, template, tokenizer, contextTokens: this.contextTokens }, request);
  }

  /**
   * Answers a request. The answer does not depend on what else runs.
   * Throws {@link ContextLengthExceededError} before any work; rejects with the signal's reason when aborted.
   */
  async generate(request: GenerationRequest): Promise<GenerationResult> {
    const startedAt = performance.now();
    request.signal?.throwIfAborted();
    const prompt = this.plan(request);
    const images = await this.preparation(() => this.prepareImages(request, prompt));
    const preparedAt = performance.now();
    try {
      request.signal?.throwIfAborted();
      const text = this.parts.tokenizer.createTextStream();
      const emit = (delta: string): void => {
        if (delta !== '') request.onText?.(delta);
      };
      const hooks = {
        onToken: (tokenId: number) => emit(text.push(tokenId)),
        onLogits: (logits: Float32Array) => request.onLogits?.(logits),
      };
      const sequence = new Sequence(prompt, this.classOf(prompt), images, { hooks, signal: request.signal });
      this.parts.scheduler.submit(sequence);
      const finishReason: FinishReason = await sequence.finished;
      emit(text.end());
      return toResult(sequence, { ...this.parts, finishReason, startedAt, preparedAt });
    } finally {
      images?.tiles.dispose();
      images?.features.dispose();
    }
  }

  /** Fails what runs, then frees everything. */
  async close(): Promise<void> {
    const { scheduler, groups, vision, tiler, sessions, runtime } = this.parts;
    await scheduler.close();
    for (const { runner, cache } of groups) {
      runner.dispose();
      cache.dispose();
    }
    vision.dispose();
    tiler.dispose();
    for (const session of sessions) session.dispose();
    runtime.dispose();
  }

  /** Positions of the longest slot. */
  private get contextTokens(): number {
    return Math.max(...this.parts.classes.map((slotClass) => slotClass.capacityTokens));
  }

  private classOf(prompt: PlannedPrompt): number {
    const promptTokens = prompt.tokenIds.length;
    const index = classFor(this.parts.classes, promptTokens + prompt.maxTokens);
    if (index === undefined) {
      const imageTokens = prompt.imageTokenPositions.length;
      throw new ContextLengthExceededError(promptTokens, imageTokens, prompt.maxTokens, this.contextTokens);
    }
    return index;
  }

  private async prepareImages(
    request: GenerationRequest,
    prompt: PlannedPrompt,
  ): Promise<SequenceImages | undefined> {
    if (request.images.length === 0) return undefined;
    const { runtime, tiler, manifest } = this.parts;
    const tiles: Tensor<'uint8'> = await tileImages(runtime, tiler, request.images, prompt.tilePlans);
    const tileCount = prompt.tilePlans.reduce((sum, plan) => sum + plan.tileCount, 0);
    const rows = tileCount * manifest.tiles.tokens_per_tile;
    return {
      tiles,
      tileCount,
      features: runtime.allocate('float32', [rows, manifest.language_model.hidden_size]),
    };
  }
}

function cacheShape({ language_model: model }: ModelManifest) {
  return { layerCount: model.layers, keyValueHeadCount: model.kv_heads, headSize: model.head_size };
}

function visionSizes({ tiles, language_model }: ModelManifest) {
  return {
    tileSizePixels: tiles.size_pixels,
    tokensPerTile: tiles.tokens_per_tile,
    hiddenSize: language_model.hidden_size,
  };
}

function longRope({ language_model: { long_rope } }: ModelManifest) {
  if (long_rope === null) return null;
  return { originalContextTokens: long_rope.original_context_tokens, rowOffset: long_rope.row_offset };
}

function slotGroup(
  runtime: OrtRuntime,
  decoder: Session,
  manifest: ModelManifest,
  slotClass: SlotClass,
): SlotGroup {
  const cache = new KvCache(runtime, cacheShape(manifest), slotClass);
  const { hidden_size: hiddenSize, vocabulary_size: vocabularySize } = manifest.language_model;
  return {
    slots: new SlotTable<Sequence>(slotClass.slotCount),
    cache,
    runner: new DecoderRunner(runtime, decoder, cache, { hiddenSize, vocabularySize }),
  };
}

/** The reference stops at exactly one token: the template's separator. */
function stopTokenId(tokenizer: Tokenizer, template: ChatTemplate): number {
  const token = template.stopToken;
  const id = tokenizer.tokenId(token);
  if (id === undefined) throw new StopTokenMissingError(token);
  return id;
}
