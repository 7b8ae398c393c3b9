import { type TokenLogprob } from '@tessera/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerDivergedError } from '../errors/chat.errors.js';
import { SentChoice } from './sent-choice.js';

const TEXT = 'A red square on a table.';
const tokens: TokenLogprob[] = [...TEXT].map((token) => ({ token, logprob: 0, bytes: [], top_logprobs: [] }));
const cuts = fc.array(fc.nat(TEXT.length)).map((places) => [...new Set(places)].sort((a, b) => a - b));

describe('SentChoice', () => {
  it('sends every character and token once, wherever attempts break off and however they cut the text', () => {
    fc.assert(
      fc.property(fc.array(cuts), (attempts) => {
        const choice = new SentChoice(0);
        const news = attempts.flatMap((places) => {
          choice.restart();
          return places.map((end, index) => {
            const start = places[index - 1] ?? 0;
            return choice.push(TEXT.slice(start, end), tokens.slice(start, end));
          });
        });
        const all = [...news, choice.rest(TEXT, tokens)];
        expect(all.map(({ text }) => text).join('')).toBe(TEXT);
        const sent = all.filter(({ text }, index) => text !== '' || index === news.length);
        expect(sent.flatMap(({ logprobs }) => logprobs ?? [])).toEqual(tokens);
      }),
    );
  });

  it.each([
    ['a piece', (choice: SentChoice) => choice.push('A blue', [])],
    ['the whole', (choice: SentChoice) => choice.rest('A blue square', undefined)],
    ['a whole that is shorter', (choice: SentChoice) => choice.rest('A', undefined)],
  ])('refuses %s that differs from what was sent', (_, follow) => {
    const choice = new SentChoice(3);
    choice.push('A red', []);
    choice.restart();
    expect(() => follow(choice)).toThrow(AnswerDivergedError);
  });
});
