import { type AddedToken, type AddedTokens } from './added-tokens.js';
import { stripEnd, stripStart } from './python-whitespace.js';

/** A stretch of text that is either one added token or text between added tokens. */
export interface Segment {
  readonly text: string;
  readonly added: boolean;
  /** Spelling of the added token that became part of this plain text; should the rest be stripped, it is that again. */
  readonly joined?: string;
}

/** A capturing pattern that finds the longest added token at the leftmost place; undefined without added tokens. */
export function longestTokenPattern(contents: Iterable<string>): RegExp | undefined {
  const alternatives = [...contents]
    .filter((content) => content !== '')
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  return alternatives.length === 0 ? undefined : new RegExp(`(${alternatives.join('|')})`, 'u');
}

const EMPTY: Segment = { text: '', added: false };

/**
 * Cuts a text at its added tokens, leftmost and longest first. The reference's trie does the same, save for a slip
 * where one token's spelling lies strictly inside another's (`b` and `abc`), which no tokenizer here has.
 */
export function splitAddedTokens(text: string, pattern: RegExp | undefined): Segment[] {
  if (pattern === undefined) return text === '' ? [] : [{ text, added: false }];
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, added: index % 2 === 1 }))
    .filter((segment) => segment.text !== '');
}

/**
 * Lets every added token act on its neighbours (`lstrip`, `rstrip`, `single_word`) and drops what became empty.
 * Order of the steps: transformers 4.37.2, `PreTrainedTokenizer.tokenize`.
 */
export function applyTokenFlags(segments: readonly Segment[], addedTokens: AddedTokens): Segment[] {
  const result = [...segments];
  for (let index = 0; index < result.length; index++) {
    const segment = result[index];
    const token = segment?.added ? addedTokens.withContent(segment.text) : undefined;
    if (token !== undefined) applyFlagsAt(result, index, token);
  }
  return result.filter((segment) => segment.text !== '');
}

function applyFlagsAt(segments: Segment[], index: number, token: AddedToken): void {
  // The reference decides about words by what stood there before stripping.
  const left = segments[index - 1]?.text ?? '';
  const right = segments[index + 1]?.text ?? '';
  if (token.rstrip) stripAt(segments, index + 1, stripStart);
  if (token.lstrip) stripAt(segments, index - 1, stripEnd);
  const side = token.singleWord ? adjoiningSide(left, right) : undefined;
  if (side !== undefined) joinWord(segments, index, side);
}

/** A token that is part of a word becomes plain text with it; one whose neighbour was stripped away stays a token. */
function joinWord(segments: Segment[], index: number, side: 'left' | 'right'): void {
  const token = segments[index]?.text ?? '';
  const neighbour = side === 'left' ? index - 1 : index + 1;
  const rest = segments[neighbour]?.text ?? '';
  const text = side === 'left' ? rest + token : token + rest;
  segments[neighbour] = { text, added: rest === '', joined: token };
  segments[index] = EMPTY;
}

/** The neighbour that a token forms a word with, no space between them. */
function adjoiningSide(left: string, right: string): 'left' | 'right' | undefined {
  if (left !== '' && !left.endsWith(' ')) return 'left';
  if (right !== '' && !right.startsWith(' ')) return 'right';
  return undefined;
}

function stripAt(segments: Segment[], index: number, strip: (text: string) => string): void {
  const segment = segments[index];
  if (segment === undefined) return;
  const text = strip(segment.text);
  // An added token that lost whitespace of its own is no longer that token.
  const added = segment.added ? text === segment.text : text === segment.joined;
  segments[index] = { ...segment, text, added };
}
