import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer, type Tokenizer } from './index.js';

const CHECKPOINTS = [
  'models/tessera-tiny',
  'test/golden/internvl2_5-4b/checkpoint',
  'test/golden/internvl3-hf-qwen2/checkpoint',
];

describe.each(CHECKPOINTS)('a long text for the tokenizer of %s', (checkpoint) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(fileURLToPath(new URL(`../../../../${checkpoint}`, import.meta.url)));
  });

  it.each([
    ['of words', 'a red square beside the blue circle, 42 of them. '.repeat(4000)],
    ['without a place to cut', 'a'.repeat(100_000)],
    ['of marks in no order', '\u0301\u0316'.repeat(20_000)],
    ['of one ideograph', '描'.repeat(50_000)],
  ])('%s is encoded in many steps, with the ids of one go', (_, text) => {
    const work = tokenizer.encodePiecesStepwise([{ kind: 'text', text }]);
    let steps = 0;
    let step = work.next();
    for (; step.done !== true; step = work.next()) steps++;
    expect(steps).toBeGreaterThan(7);
    expect(step.value).toEqual(tokenizer.encodePieces([{ kind: 'text', text }]));
  });

  it('becomes no fewer tokens than its length allows', () => {
    for (const text of ['', 'a', 'the '.repeat(1000), '\u{1F600}'.repeat(50), ' '.repeat(500)]) {
      const { length } = tokenizer.encodePieces([{ kind: 'text', text }]);
      expect(tokenizer.fewestTokens(text)).toBeLessThanOrEqual(length);
    }
    expect(tokenizer.fewestTokens('x'.repeat(1_000_000))).toBeGreaterThan(4096);
  });
});
