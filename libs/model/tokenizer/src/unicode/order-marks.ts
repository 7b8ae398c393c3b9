import { type Pace } from '../stepwise.js';

/** Marks in a row from which on their order is made here. */
const LONG_RUN_LENGTH = 64;
const MARK = /\p{M}/gu;
const NO_MARK = /\P{M}/gu;
/** The combining classes of these are the lowest and the highest above 0. */
const LOWEST_CLASS_MARK = '\u0334';
const HIGHEST_CLASS_MARK = '\u0345';
const STARTER = 'starter';

/** Marks that keep their order among themselves; compared by one of them. */
interface CombiningClass {
  readonly example: string;
}

/** The combining classes met so far, lowest first, and what each mark decomposes into. */
const CLASSES: CombiningClass[] = [];
const DECOMPOSITIONS = new Map<string, readonly string[]>();
const CLASS_BY_MARK = new Map<string, CombiningClass | typeof STARTER>();

/**
 * Puts long runs of combining marks into canonical order, which changes no normal form of the text. ICU, and so
 * `String.prototype.normalize`, takes time square in the length of such a run where it is out of order: 5 seconds for
 * 80,000 marks. This takes time in proportion.
 */
export function* orderMarks(text: string, pace: Pace): Generator<void, string> {
  const parts: string[] = [];
  let end = 0;
  for (const { start, length } of markRuns(text)) {
    if (pace.isStepDone()) yield;
    if (length < LONG_RUN_LENGTH) continue;
    parts.push(text.slice(end, start), yield* orderRun(text.slice(start, start + length), pace));
    end = start + length;
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(end);
}

/** Not by a pattern that takes a whole run: that overflows the stack of the regular expression engine. */
function* markRuns(text: string): Generator<{ readonly start: number; readonly length: number }, void> {
  for (let start = indexFrom(text, MARK, 0); start < text.length;) {
    const end = indexFrom(text, NO_MARK, start);
    yield { start, length: end - start };
    start = indexFrom(text, MARK, end);
  }
}

function indexFrom(text: string, pattern: RegExp, start: number): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.index ?? text.length;
}

function* orderRun(run: string, pace: Pace): Generator<void, string> {
  const ordered: string[] = [];
  let marksByClass = new Map<CombiningClass, string[]>();
  const flush = (): void => {
    for (const combiningClass of CLASSES) ordered.push(...chunksOf(marksByClass.get(combiningClass)));
    marksByClass = new Map();
  };
  for (const character of run) {
    if (pace.isStepDone()) yield;
    for (const mark of decompositionOf(character)) {
      const combiningClass = classOf(mark);
      if (combiningClass === STARTER) {
        flush();
        ordered.push(mark);
      } else getOrInsert(marksByClass, combiningClass).push(mark);
    }
  }
  flush();
  return ordered.join('');
}

function chunksOf(marks: readonly string[] | undefined): string[] {
  return marks === undefined ? [] : [marks.join('')];
}

function getOrInsert(marksByClass: Map<CombiningClass, string[]>, key: CombiningClass): string[] {
  const marks = marksByClass.get(key) ?? [];
  marksByClass.set(key, marks);
  return marks;
}

function decompositionOf(character: string): readonly string[] {
  const known = DECOMPOSITIONS.get(character);
  if (known !== undefined) return known;
  const marks = [...character.normalize('NFD')];
  DECOMPOSITIONS.set(character, marks);
  return marks;
}

function classOf(mark: string): CombiningClass | typeof STARTER {
  const known = CLASS_BY_MARK.get(mark);
  if (known !== undefined) return known;
  const combiningClass = isStarter(mark) ? STARTER : classAmongOthers(mark);
  CLASS_BY_MARK.set(mark, combiningClass);
  return combiningClass;
}

function classAmongOthers(mark: string): CombiningClass {
  const index = CLASSES.findIndex(({ example }) => !goesBefore(example, mark));
  const atIndex = CLASSES[index];
  if (atIndex !== undefined && !goesBefore(mark, atIndex.example)) return atIndex;
  const created = { example: mark };
  CLASSES.splice(index < 0 ? CLASSES.length : index, 0, created);
  return created;
}

/** A starter changes places with no mark. */
function isStarter(mark: string): boolean {
  return !goesBefore(LOWEST_CLASS_MARK, mark) && !goesBefore(mark, HIGHEST_CLASS_MARK);
}

/** Whether the combining class of `first` is below that of `second`, both above 0: ICU then swaps them. */
function goesBefore(first: string, second: string): boolean {
  return (second + first).normalize('NFD') === first + second && first !== second;
}
