import { type AnyTensor, type OrtRuntime, type Session } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import {
  DecoderIo,
  type DecoderIoShape,
  type ImageInputs,
  type NextToken,
  type RunOptions,
} from './decoder-io.js';
import { type CacheView, type KvCache } from './kv-cache.js';
import { type TensorMemory } from './memory/tensor-memory.js';

/** One row of a decode run: the token to append and where. */
export interface DecodeRow {
  readonly tokenId: number;
  readonly position: number;
  readonly ropeRow: number;
}

/** A run of consecutive prompt tokens of one sequence. */
export interface PrefillRun {
  readonly slot: number;
  readonly start: number;
  readonly tokenIds: readonly number[];
  readonly ropeRows: readonly number[];
  /** Features of the image whose tokens are in the run, [rows, hidden]; undefined for a run without image tokens. */
  readonly features: AnyTensor<ActivationType> | undefined;
  /** Rows of `features` that this run takes: consecutive from here. */
  readonly firstFeatureRow: number;
  /** Where they go, as positions within this run. */
  readonly imagePositions: readonly number[];
}

/** The graphs of the language model: one and the same, unless prompts have a graph with number formats of their own. */
export interface DecoderSessions {
  readonly decode: Session;
  readonly prefill: Session;
}

export interface DecoderRunnerOptions {
  readonly runtime: OrtRuntime;
  readonly sessions: DecoderSessions;
  /** Where the sessions' device keeps what stays between runs. */
  readonly memory: TensorMemory;
  readonly cache: KvCache;
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  readonly elementType: ActivationType;
}

/** Runs the language model over one length class of the KV cache, which both of its graphs extend. */
export class DecoderRunner {
  private readonly decodeIoByWidth = new Map<number, DecoderIo>();

  constructor(private readonly options: DecoderRunnerOptions) {}

  /** One decode step over the first `rows.length` slots: every row appends its token to its slot. */
  async decode(rows: readonly DecodeRow[], options: RunOptions): Promise<NextToken[]> {
    const io = await this.decodeIo(rows.length);
    let longest = 0;
    for (const [index, { tokenId, position, ropeRow }] of rows.entries()) {
      io.tokenIds.data[index] = BigInt(tokenId);
      io.ropePositions.data[index] = BigInt(ropeRow);
      io.lastPositions.data[index] = position;
      longest = Math.max(longest, position + 1);
    }
    io.totalLength.data[0] = longest;
    await io.run(options);
    return rows.map((_, index) => io.nextToken(index));
  }

  /** Computes consecutive prompt tokens of one slot and says which token would follow them. */
  prefill(run: PrefillRun, options: RunOptions): Promise<NextToken> {
    return this.options.cache.extendSlot(run.slot, run.start, async (cacheRows) => {
      const io = await this.prefillIo(run, cacheRows);
      try {
        await io.run(options);
        return io.nextToken(0);
      } finally {
        io.dispose();
      }
    });
  }

  dispose(): void {
    for (const io of this.decodeIoByWidth.values()) io.dispose();
    this.decodeIoByWidth.clear();
  }

  private async decodeIo(width: number): Promise<DecoderIo> {
    const existing = this.decodeIoByWidth.get(width);
    if (existing !== undefined) return existing;
    const { runtime, sessions, cache } = this.options;
    const parts = { images: await this.noImages(), logits: await this.logits(width) };
    const shape = this.shape(width, 1);
    const io = new DecoderIo(runtime, sessions.decode, shape, {
      ...parts,
      cacheRows: cache.firstRows(width),
    });
    this.decodeIoByWidth.set(width, io);
    return io;
  }

  private async prefillIo(run: PrefillRun, cacheRows: CacheView[]): Promise<DecoderIo> {
    const { runtime, sessions } = this.options;
    const length = run.tokenIds.length;
    const parts = { cacheRows, images: await this.imageInputs(run), logits: await this.logits(1) };
    const io = new DecoderIo(runtime, sessions.prefill, this.shape(1, length), parts);
    for (let index = 0; index < length; index++) {
      io.tokenIds.data[index] = BigInt(run.tokenIds[index] as number);
      io.ropePositions.data[index] = BigInt(run.ropeRows[index] as number);
    }
    io.lastPositions.data[0] = run.start + length - 1;
    io.totalLength.data[0] = run.start + length;
    return io;
  }

  private shape(batch: number, sequence: number): DecoderIoShape {
    return { batch, sequence, vocabularySize: this.options.vocabularySize };
  }

  private logits(batch: number): Promise<AnyTensor<'float32'>> {
    return this.options.memory.allocate('float32', [batch, this.options.vocabularySize]);
  }

  private imageInputs({ features, firstFeatureRow, imagePositions }: PrefillRun): Promise<ImageInputs> {
    const count = imagePositions.length;
    if (features === undefined || count === 0) return this.noImages();
    const { runtime } = this.options;
    const rows = runtime.allocate('int64', [count]);
    const positions = runtime.allocate('int64', [count, 1]);
    for (let index = 0; index < count; index++) {
      rows.data[index] = BigInt(firstFeatureRow + index);
      positions.data[index] = BigInt(imagePositions[index] as number);
    }
    return Promise.resolve({ features, rows, positions, owned: [rows, positions] });
  }

  private async noImages(): Promise<ImageInputs> {
    const { runtime, memory, elementType, hiddenSize } = this.options;
    const features = await memory.allocate(elementType, [1, hiddenSize]);
    const rows = runtime.allocate('int64', [0]);
    const positions = runtime.allocate('int64', [0, 1]);
    return { features, rows, positions, owned: [features, rows, positions] };
  }
}
