/** A weight of the checkpoint, read when it is asked for. */
export interface Weight {
  /** Name in the checkpoint, for messages. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Values of `count` rows (outermost dimension) from `first`, row-major. */
  rows(first: number, count: number): Promise<Float32Array>;
}

/** Values that a block of rows has about: 4 MiB of float32. */
const BLOCK_VALUES = 2 ** 20;

/** Consecutive rows of a weight. */
export interface RowBlock {
  readonly first: number;
  readonly count: number;
  readonly values: Float32Array;
}

/** Numbers in one row. */
export function rowLength({ shape }: Pick<Weight, 'shape'>): number {
  return shape.slice(1).reduce((product, dim) => product * dim, 1);
}

/** All rows in order, a few MiB at a time. */
export async function* rowBlocks(weight: Weight): AsyncGenerator<RowBlock> {
  const [rowCount = 1] = weight.shape;
  const rowsPerBlock = Math.max(1, Math.floor(BLOCK_VALUES / rowLength(weight)));
  for (let first = 0; first < rowCount; first += rowsPerBlock) {
    const count = Math.min(rowsPerBlock, rowCount - first);
    yield { first, count, values: await weight.rows(first, count) };
  }
}

/** The `count` rows of a weight from `first`, as a weight. */
export function sliceRows(weight: Weight, first: number, count: number): Weight {
  return {
    name: weight.name,
    shape: [count, ...weight.shape.slice(1)],
    rows: (from, wanted) => weight.rows(first + from, wanted),
  };
}

/** The rows of several weights, one below the other. Their rows must have one length. */
export function stackRows(parts: readonly Weight[]): Weight {
  const counts = parts.map(({ shape }) => shape[0] ?? 0);
  const inner = parts[0]?.shape.slice(1) ?? [];
  return {
    name: [...new Set(parts.map(({ name }) => name))].join(' + '),
    shape: [counts.reduce((sum, count) => sum + count, 0), ...inner],
    rows: async (first, count) => {
      const length = inner.reduce((product, dim) => product * dim, 1);
      const result = new Float32Array(count * length);
      let partStart = 0;
      for (const [index, part] of parts.entries()) {
        const partCount = counts[index] as number;
        const from = Math.max(first, partStart);
        const to = Math.min(first + count, partStart + partCount);
        if (from < to) result.set(await part.rows(from - partStart, to - from), (from - first) * length);
        partStart += partCount;
      }
      return result;
    },
  };
}
