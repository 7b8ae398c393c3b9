import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadTokenizer, stripText, type Tokenizer } from '@tessera/tokenizer';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveAnswerOptions } from './answer-options.js';
import { Choice } from './choice.js';
import { type GenerationRequest } from './generation.js';
import { Candidates } from './sampling/candidates.js';

interface AnswerCase {
  readonly key: string;
  /** The stop token last, where the answer is finished. */
  readonly tokens: readonly number[];
  readonly finished: boolean;
  /** Neither cut nor stripped. */
  readonly text: string;
}

const golden = new URL('../../../../test/golden/', import.meta.url);
const families = readdirSync(golden)
  .filter((name) => existsSync(new URL(`${name}/cases.json`, golden)))
  .map((family) => {
    const own = new URL(`${family}/checkpoint`, golden);
    const checkpoint = existsSync(own) ? own : new URL(`../../models/${family}`, golden);
    const cases = readFileSync(new URL(`${family}/cases.json`, golden), 'utf8');
    return { family, checkpoint, cases: (JSON.parse(cases) as { cases: AnswerCase[] }).cases };
  });

/** Plays an answer's tokens to a choice as the scheduler does; what it shows, and what becomes of it. */
function play(tokenizer: Tokenizer, { tokens, finished }: AnswerCase, stop: readonly string[]) {
  const shown: string[] = [];
  const request: GenerationRequest = {
    messages: [],
    images: [],
    stop,
    onText: (delta) => shown.push(delta),
  };
  const choice = new Choice({
    index: 0,
    request,
    answer: resolveAnswerOptions(request),
    seed: 0n,
    tokenizer,
    candidates: () => new Candidates(1),
  });
  const taken: number[] = [];
  for (const token of finished ? tokens.slice(0, -1) : tokens) {
    taken.push(token);
    if (choice.hooks.onToken(token) !== undefined) break;
  }
  return { shown, ...choice.finish(finished ? 'stop' : 'length', taken) };
}

describe.each(families)('an answer of $family', ({ checkpoint, cases }) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(fileURLToPath(checkpoint));
  });

  it.each(cases)('$key: streams whole characters that are the text of the reference', (answer) => {
    const { shown, text, finishReason } = play(tokenizer, answer, []);
    expect(shown.join('')).toBe(text);
    expect(shown.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
    expect(text).toBe(stripText(answer.text));
    expect(finishReason).toBe(answer.finished ? 'stop' : 'length');
  });

  it.each(cases)('$key: ends before a stop string, wherever that is', (answer) => {
    const characters = Array.from(answer.text);
    const places = Array.from(characters.keys()).filter(
      (place) => place % Math.ceil(characters.length / 60) === 0,
    );
    for (const place of places) {
      for (const length of [1, 2, 7]) {
        const stop = characters.slice(place, place + length).join('');
        const before = answer.text.slice(0, answer.text.indexOf(stop));
        const { shown, text, finishReason } = play(tokenizer, answer, [`${stop}\u0000`, stop]);
        expect([shown.join(''), text, finishReason]).toEqual([stripText(before), stripText(before), 'stop']);
      }
    }
  });
});
