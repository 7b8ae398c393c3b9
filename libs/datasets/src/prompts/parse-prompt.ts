import { PromptInvalidError } from './errors.js';

/** A piece of a prompt: text as it stands, or what a record has in its place. */
export type PromptPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'column'; readonly name: string }
  /** The image's file name without its extension. */
  | { readonly kind: 'name' }
  /** The name of the folder that the image is in. */
  | { readonly kind: 'folder' };

export interface PromptTemplate {
  /** As the user wrote it. */
  readonly source: string;
  readonly parts: readonly PromptPart[];
}

const COLUMN = /^col(?:umn)?:(.+)$/s;
const KNOWN = '{column:NAME}, {name} and {folder}';
const ESCAPE_HINT = 'write {{ for a brace itself';

/**
 * Reads the text of a prompt: `{column:NAME}` (or `{col:NAME}`), `{name}` and `{folder}` stand for what each record has;
 * `{{` and `}}` for the braces themselves. A closing brace that closes nothing is text.
 * @throws {PromptInvalidError}
 */
export function parsePrompt(text: string): PromptTemplate {
  const parts: PromptPart[] = [];
  let held = '';
  const flush = () => {
    if (held !== '') parts.push({ kind: 'text', text: held });
    held = '';
  };
  for (let position = 0; position < text.length;) {
    const two = text.slice(position, position + 2);
    if (two === '{{' || two === '}}') {
      held += two[0] ?? '';
      position += 2;
    } else if (text[position] === '{') {
      flush();
      const end = text.indexOf('}', position);
      if (end < 0) throw new PromptInvalidError(text, position, `nothing closes this brace; ${ESCAPE_HINT}`);
      parts.push(parsePlaceholder(text, position, end));
      position = end + 1;
    } else {
      held += text[position] ?? '';
      position += 1;
    }
  }
  flush();
  return { source: text, parts };
}

function parsePlaceholder(text: string, start: number, end: number): PromptPart {
  const inner = text.slice(start + 1, end);
  if (inner === 'name' || inner === 'folder') return { kind: inner };
  const [, name] = COLUMN.exec(inner) ?? [];
  if (name !== undefined) return { kind: 'column', name };
  throw new PromptInvalidError(text, start, `{${inner}} is unknown; known are ${KNOWN}; ${ESCAPE_HINT}`);
}
