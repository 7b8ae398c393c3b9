import { cpus, totalmem } from 'node:os';

/** Every figure is the middle one of this many runs. */
export const RUNS = 5;

export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = Math.floor(ascending.length / 2);
  const [upper = NaN, lower = NaN] = [ascending[middle], ascending[ascending.length - 1 - middle]];
  return (upper + lower) / 2;
}

/** The middle result of {@link RUNS} measurements, one after the other. */
export async function medianOf(measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let run = 0; run < RUNS; run++) values.push(await measure());
  return median(values);
}

export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memoryGib = Math.round(totalmem() / 1024 ** 3);
  return `${processors.length} x ${model}, ${memoryGib} GiB, Node ${process.versions.node}`;
}

/** Rows of cells as a Markdown table. */
export function printTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const lines = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  console.log(`${lines.join('\n')}\n`);
}
