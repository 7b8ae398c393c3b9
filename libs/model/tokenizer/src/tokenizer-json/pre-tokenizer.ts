import { z } from 'zod';
import { WordSplitter } from '../bpe/word-splitter.js';
import { fieldsOf, partsOf, UnknownComponentError } from './component.js';
import { type Component } from './schema.js';

/** Cuts one word into words; `isStart` says that it begins where the text given to the tokenizer begins. */
type Step = (word: string, isStart: boolean) => Iterable<string>;

const ROLE = 'pre-tokenizer';
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const patternWith = (numbers: string): string =>
  String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|${numbers}|${REST}`;
/** Digits that go together, by the pattern in tokenizer.json. */
const LONGEST_NUMBER_BY_PATTERN: ReadonlyMap<string, number> = new Map([
  [patternWith(String.raw`\p{N}`), 1],
  [patternWith(String.raw`\p{N}{1,3}`), 3],
]);

const splitSchema = z.looseObject({
  pattern: z.strictObject({ Regex: z.string() }),
  behavior: z.literal('Isolated'),
});
const byteLevelSchema = z.looseObject({
  add_prefix_space: z.literal(false),
  use_regex: z.literal(false),
});
const metaspaceSchema = z.looseObject({
  replacement: z.string().min(1),
  /** Of files from before `prepend_scheme`. */
  add_prefix_space: z.boolean().nullish(),
  prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
  split: z.boolean().default(true),
});

/** Cuts normalised text into the words that the model then cuts into tokens. */
export class PreTokenizer {
  /** What the model sees of a word: its characters, or its bytes. */
  readonly alphabet: 'characters' | 'bytes';
  readonly #steps: readonly Step[];

  /** @throws UnknownComponentError for a pre-tokenizer that is not supported. */
  constructor(component: Component | null | undefined) {
    const parts = partsOf(ROLE, component, 'pretokenizers');
    const last = parts.at(-1);
    this.alphabet = last?.type === 'ByteLevel' ? 'bytes' : 'characters';
    if (last?.type === 'ByteLevel') fieldsOf(ROLE, last, byteLevelSchema);
    this.#steps = (this.alphabet === 'bytes' ? parts.slice(0, -1) : parts).map(stepOf);
  }

  split(text: string, isStart: boolean): Iterable<string> {
    return splitFrom(this.#steps, text, isStart);
  }
}

function splitFrom(steps: readonly Step[], text: string, isStart: boolean): Iterable<string> {
  const [step, ...rest] = steps;
  if (step === undefined) return text === '' ? [] : [text];
  return rest.length === 0 ? step(text, isStart) : splitWords(step(text, isStart), rest, isStart);
}

function* splitWords(
  words: Iterable<string>,
  steps: readonly Step[],
  isStart: boolean,
): Generator<string, void> {
  let isFirst = isStart;
  for (const word of words) {
    yield* splitFrom(steps, word, isFirst);
    isFirst = false;
  }
}

function stepOf(component: Component): Step {
  if (component.type === 'Split') return splitStep(component);
  if (component.type === 'Metaspace') return metaspaceStep(component);
  throw new UnknownComponentError(`the ${ROLE} ${component.type}`);
}

function splitStep(component: Component): Step {
  const { pattern } = fieldsOf(ROLE, component, splitSchema);
  const longestNumber = LONGEST_NUMBER_BY_PATTERN.get(pattern.Regex);
  if (longestNumber === undefined) {
    throw new UnknownComponentError(`the ${ROLE} Split with the pattern ${JSON.stringify(pattern.Regex)}`);
  }
  const splitter = new WordSplitter(longestNumber);
  return (word) => splitter.split(word);
}

function metaspaceStep(component: Component): Step {
  const { replacement, add_prefix_space, prepend_scheme, split } = fieldsOf(ROLE, component, metaspaceSchema);
  const scheme = add_prefix_space === false ? 'never' : (prepend_scheme ?? 'always');
  return (word, isStart) => {
    const text = word.replaceAll(' ', () => replacement);
    const isPrefixed =
      !text.startsWith(replacement) && (scheme === 'always' || (scheme === 'first' && isStart));
    const whole = isPrefixed ? replacement + text : text;
    return split ? beforeEach(whole, replacement) : [whole];
  };
}

/** Cuts a text before each mark, so that a mark begins a word. */
function* beforeEach(text: string, mark: string): Generator<string, void> {
  for (let start = 0; start < text.length;) {
    const next = text.indexOf(mark, start + 1);
    const end = next < 0 ? text.length : next;
    yield text.slice(start, end);
    start = end;
  }
}
