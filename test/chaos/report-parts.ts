import { cpus, totalmem } from 'node:os';
import { type OwnExits } from './own-exits.js';
import { type DrainOutcome } from './strikes.js';

const BYTES_PER_GIB = 1024 ** 3;

export type Row = readonly [what: string, figure: string];

export function table(title: string, rows: readonly Row[]): string[] {
  return [`| ${title} | |`, '| --- | --- |', ...rows.map(([what, figure]) => `| ${what} | ${figure} |`), ''];
}

export function describeMachine(): string {
  const memory = Math.round(totalmem() / BYTES_PER_GIB);
  return `${cpus().length} CPU cores, ${memory} GiB of memory, Node.js ${process.versions.node}`;
}

export function describeDrains(drains: readonly DrainOutcome[]): string {
  if (drains.length === 0) return 'none';
  const longestMs = Math.max(...drains.map(({ ms }) => ms));
  const ends = [...new Set(drains.map(({ end }) => end))];
  const counted = ends.map((end) => `${drains.filter((drain) => drain.end === end).length} ended ${end}`);
  return `${drains.length}: ${counted.join(', ')}; the longest took ${(longestMs / 1000).toFixed(1)} s`;
}

export function describeOwnExits(ownExits: readonly OwnExits[]): string {
  if (ownExits.length === 0) return 'none';
  const counts = ownExits.map(({ name, count }) => `${name} ${count}`).join(', ');
  const words = [...new Set(ownExits.flatMap(({ lastWords }) => lastWords.map((line) => `"${line}"`)))];
  return `${counts}: ${words.join(', ')}`;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
