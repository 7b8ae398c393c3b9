import { hash } from 'node:crypto';
import type { ModelReference } from '@tessera/contracts';
import type { ColumnValue } from '../source.js';

/** What answers depend on beside image, prompt and model: sampling, tiles, lengths. Absent is as good as undefined. */
export type RunParameters = Readonly<Record<string, ColumnValue | undefined>>;

/** The same for the same parameters, in whatever order they are named. */
export function digestParameters(parameters: RunParameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return digest(given.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** What must agree for a row to count as done. */
export interface RowIdentity {
  readonly key: string;
  readonly prompt: string;
  readonly model: ModelReference;
  /** By {@link digestParameters}. */
  readonly parameters: string;
}

export function rowIdentity({ key, prompt, model, parameters }: RowIdentity): string {
  return digest([key, prompt, model.id, model.revision, parameters]);
}

/** What must agree for one caption to be that of both: `content` is the same for the same image. */
export function questionIdentity({
  content,
  prompt,
  model,
  parameters,
}: Omit<RowIdentity, 'key'> & { readonly content: string }): string {
  return digest([content, prompt, model.id, model.revision, parameters]);
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'hex');
}
