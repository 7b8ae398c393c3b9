/** What every contestant is asked to do. */
export interface Work {
  readonly threads: number;
  readonly decode: {
    readonly batches: readonly number[];
    /** Of every sequence. */
    readonly promptTokens: number;
    /** Steps that count; each gives one token to every sequence. */
    readonly steps: number;
  };
  /** Tiles of each picture, with its thumbnail. */
  readonly tiles: readonly number[];
  readonly prefillTokens: number;
}

export interface DecodeSpeed {
  readonly batch: number;
  readonly steps: number;
  /** Positions of a sequence before and after the steps. */
  readonly firstContext: number;
  readonly lastContext: number;
  readonly tokensPerSecond: number;
}

export interface VisionSpeed {
  readonly tiles: number;
  readonly imageTokens: number;
  readonly msPerTile: number;
}

export interface PrefillSpeed {
  readonly promptTokens: number;
  readonly tokensPerSecond: number;
}

/** What a contestant did of the work in one turn. */
export interface Measurement {
  readonly version: string;
  readonly decode: readonly DecodeSpeed[];
  /** Of a language model alone: empty. */
  readonly vision: readonly VisionSpeed[];
  readonly prefill: PrefillSpeed;
}

export const SIDES = ['ours', 'pytorch', 'llama'] as const;
export type Side = (typeof SIDES)[number];

/** One model in one format. */
export interface Contestant {
  readonly name: string;
  readonly side: Side;
  measure(work: Work): Promise<Measurement>;
}

/** Throws unless as many tokens were computed, at the same lengths, as the work says. */
export function requireSameWork(name: string, work: Work, done: Measurement): void {
  const decode = done.decode.map(({ batch, steps }) => [batch, steps]);
  const vision = done.vision.map(({ tiles }) => tiles);
  const same =
    isEqual(
      decode,
      work.decode.batches.map((batch) => [batch, work.decode.steps]),
    ) &&
    (vision.length === 0 || isEqual(vision, work.tiles)) &&
    done.prefill.promptTokens === work.prefillTokens;
  if (!same) throw new Error(`${name} did other work than ${JSON.stringify(work)}: ${JSON.stringify(done)}`);
}

const isEqual = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);
