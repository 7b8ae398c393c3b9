import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findRepositoryRoot } from '@tessera/testing';

/** A question about a picture, with the answer of the reference implementation. */
export interface Question {
  readonly picture: string;
  readonly question: string;
  readonly reference: string;
}

const evaluation = path.join(findRepositoryRoot(), 'test', 'golden', 'evaluation');

export function readQuestions(): Question[] {
  const lines = readFileSync(path.join(evaluation, 'questions.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Question);
}

export function pictureDataUrl({ picture }: Question): string {
  const bytes = readFileSync(path.join(evaluation, 'pictures', picture));
  return `data:image/png;base64,${bytes.toString('base64')}`;
}
