import { readFile } from 'node:fs/promises';
import { DamagedTokenizerFileError } from '../errors.js';

export type MergePair = readonly [string, string];

export interface MergesFile {
  readonly path: string;
  /**
   * Whether lines that begin with `#` are merges. They are; but transformers before 4.40 skipped them all, not only
   * the first (`#version: 0.2`), so models trained with it never saw `##` and the like as one token.
   */
  readonly hasNumberSigns: boolean;
}

/**
 * Reads `merges.txt`.
 *
 * transformers' slow tokenizers do all merges of one pair before they look for the next best pair, where `BpeModel`
 * looks again after each. With a list in which every merge makes a token that no other makes, after those that make
 * its parts, both come to the same; another list is refused.
 * @throws DamagedTokenizerFileError when a line is no pair, or stands before one that it needs.
 */
export async function readMerges({ path, hasNumberSigns }: MergesFile): Promise<readonly MergePair[]> {
  const merges: MergePair[] = [];
  for (const [index, line] of (await readFile(path, 'utf8')).split('\n').entries()) {
    const trimmed = line.trim();
    const isSkipped = hasNumberSigns
      ? index === 0 && trimmed.startsWith('#version:')
      : trimmed.startsWith('#');
    if (trimmed === '' || isSkipped) continue;
    merges.push(pairOf(path, trimmed));
  }
  refuseOutOfOrder(path, merges);
  return merges;
}

function pairOf(path: string, line: string): MergePair {
  const [left, right, ...rest] = line.split(/\s+/);
  if (left === undefined || right === undefined || rest.length > 0) {
    throw new DamagedTokenizerFileError(path, `the line ${JSON.stringify(line)} is not two tokens`);
  }
  return [left, right];
}

function refuseOutOfOrder(path: string, merges: readonly MergePair[]): void {
  const rankByResult = new Map(merges.map((pair, rank) => [pair.join(''), rank]));
  for (const [rank, pair] of merges.entries()) {
    const isLate = pair.some((part) => (rankByResult.get(part) ?? -Infinity) > rank);
    if (isLate || rankByResult.get(pair.join('')) !== rank) {
      throw new DamagedTokenizerFileError(
        path,
        `the merge ${JSON.stringify(pair.join(' '))} is out of order`,
      );
    }
  }
}
