import { type OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';
import { DecoderIo, type ImageInputs } from './decoder-io.js';
import { type KvCache } from './kv-cache.js';

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
  readonly features: Tensor<ActivationType> | undefined;
  /** Rows of `features` that this run takes: consecutive from here. */
  readonly firstFeatureRow: number;
  /** Where they go, as positions within this run. */
  readonly imagePositions: readonly number[];
}

/** What a run says of one row's next token. `logits` [vocabulary] is valid until the next run. */
export interface NextToken {
  readonly tokenId: number;
  readonly logits: Float32Array;
}

/** The graphs of the language model: one and the same, unless prompts have a graph with number formats of their own. */
export interface DecoderSessions {
  readonly decode: Session;
  readonly prefill: Session;
}

/** Runs the language model over one length class of the KV cache, which both of its graphs extend. */
export class DecoderRunner {
  private readonly decodeIoByWidth = new Map<number, DecoderIo>();

  constructor(
    private readonly runtime: OrtRuntime,
    private readonly sessions: DecoderSessions,
    private readonly cache: KvCache,
    private readonly sizes: { hiddenSize: number; vocabularySize: number; elementType: ActivationType },
  ) {}

  /** One decode step over the first `rows.length` slots: every row appends its token to its slot. */
  async decode(rows: readonly DecodeRow[], signal: AbortSignal): Promise<NextToken[]> {
    const io = this.decodeIo(rows.length);
    let longest = 0;
    for (const [index, { tokenId, position, ropeRow }] of rows.entries()) {
      io.tokenIds.data[index] = BigInt(tokenId);
      io.ropePositions.data[index] = BigInt(ropeRow);
      io.lastPositions.data[index] = position;
      longest = Math.max(longest, position + 1);
    }
    io.totalLength.data[0] = longest;
    await io.run(signal);
    return rows.map((_, index) => this.nextToken(io, index));
  }

  /** Computes consecutive prompt tokens of one slot and says which token would follow them. */
  async prefill(run: PrefillRun, signal: AbortSignal): Promise<NextToken> {
    const io = this.prefillIo(run);
    try {
      await io.run(signal);
      return this.nextToken(io, 0);
    } finally {
      io.dispose();
    }
  }

  dispose(): void {
    for (const io of this.decodeIoByWidth.values()) io.dispose();
    this.decodeIoByWidth.clear();
  }

  private nextToken(io: DecoderIo, row: number): NextToken {
    const size = this.sizes.vocabularySize;
    return {
      tokenId: Number(io.nextTokenIds.data[row]),
      logits: io.logits.data.subarray(row * size, (row + 1) * size),
    };
  }

  private decodeIo(width: number): DecoderIo {
    const existing = this.decodeIoByWidth.get(width);
    if (existing !== undefined) return existing;
    const shape = { batch: width, sequence: 1, vocabularySize: this.sizes.vocabularySize };
    const parts = { cacheRows: this.cache.rows(0, width), images: this.noImages() };
    const io = new DecoderIo(this.runtime, this.sessions.decode, shape, parts);
    this.decodeIoByWidth.set(width, io);
    return io;
  }

  private prefillIo(run: PrefillRun): DecoderIo {
    const length = run.tokenIds.length;
    const shape = { batch: 1, sequence: length, vocabularySize: this.sizes.vocabularySize };
    const parts = { cacheRows: this.cache.rows(run.slot, 1), images: this.imageInputs(run) };
    const io = new DecoderIo(this.runtime, this.sessions.prefill, shape, parts);
    for (let index = 0; index < length; index++) {
      io.tokenIds.data[index] = BigInt(run.tokenIds[index] as number);
      io.ropePositions.data[index] = BigInt(run.ropeRows[index] as number);
    }
    io.lastPositions.data[0] = run.start + length - 1;
    io.totalLength.data[0] = run.start + length;
    return io;
  }

  private imageInputs({ features, firstFeatureRow, imagePositions }: PrefillRun): ImageInputs {
    const count = imagePositions.length;
    if (features === undefined || count === 0) return this.noImages();
    const rows = this.runtime.allocate('int64', [count]);
    const positions = this.runtime.allocate('int64', [count, 1]);
    for (let index = 0; index < count; index++) {
      rows.data[index] = BigInt(firstFeatureRow + index);
      positions.data[index] = BigInt(imagePositions[index] as number);
    }
    return { features, rows, positions, owned: [rows, positions] };
  }

  private noImages(): ImageInputs {
    const features = this.runtime.allocate(this.sizes.elementType, [1, this.sizes.hiddenSize]);
    const rows = this.runtime.allocate('int64', [0]);
    const positions = this.runtime.allocate('int64', [0, 1]);
    return { features, rows, positions, owned: [features, rows, positions] };
  }
}
