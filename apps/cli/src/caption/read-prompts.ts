import { readFile } from 'node:fs/promises';
import { parsePrompt, type PromptTemplate } from '@tessera/datasets';
import { PromptFileError } from './errors.js';

/** The prompts of a run: those of the command line, then those of files, one a file, without the newline at the end. */
export async function readPrompts(
  questions: readonly string[],
  files: readonly string[],
): Promise<PromptTemplate[]> {
  const texts = await Promise.all(files.map(readPromptFile));
  return [...questions, ...texts].map(parsePrompt);
}

async function readPromptFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PromptFileError(path, cause instanceof Error ? cause.message : String(cause), { cause });
  });
  return text.replace(/\r?\n$/, '');
}
