import type { ErrorCode } from '@tessera/contracts';
import type { ColumnValue, SourceRecord } from '../source.js';
import { imageFolder, imageName } from './image-name.js';
import type { PromptPart, PromptTemplate } from './parse-prompt.js';

export type FilledPrompt =
  | { readonly kind: 'prompt'; readonly text: string }
  /** The record lacks what the prompt speaks of: the error of its row. */
  | { readonly kind: 'missing'; readonly code: ErrorCode; readonly message: string };

/** The prompt for a record. Values are text: they are not read for placeholders. */
export function fillPrompt({ parts }: PromptTemplate, record: SourceRecord): FilledPrompt {
  const texts: string[] = [];
  for (const part of parts) {
    const text = textOf(part, record);
    if (text === undefined) {
      return { kind: 'missing', code: 'missing_required_parameter', message: whyMissing(part, record) };
    }
    texts.push(text);
  }
  return { kind: 'prompt', text: texts.join('') };
}

/** Undefined where the record has none. */
function textOf(part: PromptPart, record: SourceRecord): string | undefined {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'name':
      return imageName(record);
    case 'folder':
      return imageFolder(record);
    case 'column':
      return Object.hasOwn(record.columns, part.name) ? toText(record.columns[part.name] ?? null) : undefined;
  }
}

function toText(value: ColumnValue): string | undefined {
  if (value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function whyMissing(part: PromptPart, { columns, path, key }: SourceRecord): string {
  if (part.kind !== 'column')
    return `the prompt names {${part.kind}}, and ${path === '' ? key : path} has none`;
  const { name } = part;
  if (Object.hasOwn(columns, name)) return `the prompt names the column ${name}, which is empty in this row`;
  const names = Object.keys(columns);
  const known = names.length === 0 ? 'it has no columns' : `its columns: ${names.join(', ')}`;
  return `the prompt names the column ${name}, which this row does not have; ${known}`;
}
