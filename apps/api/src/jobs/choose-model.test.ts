import { type ServedModel } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { checkMaxTokens, chooseModel } from './choose-model.js';

const served = (id: string): ServedModel => ({
  id,
  revision: 'r1',
  contextTokens: 100,
  tokensPerTile: 256,
  tileSizePixels: 448,
  defaultMaxTiles: 12,
  precision: 'fp32',
  device: 'cpu',
});

describe('chooseModel', () => {
  it('takes the named model, served or configured', () => {
    const models = { served: [served('a')], acceptedIds: ['b'] };
    expect(chooseModel('a', models)).toBe('a');
    expect(chooseModel('b', models)).toBe('b');
  });

  it('takes the only model when none is named, also when it is both served and configured', () => {
    expect(chooseModel(undefined, { served: [served('a')], acceptedIds: ['a'] })).toBe('a');
  });

  it('names the choices when it cannot choose', () => {
    const models = { served: [served('b')], acceptedIds: ['a'] };
    expect(() => chooseModel(undefined, models)).toThrow(/a, b/);
    expect(() => chooseModel('c', models)).toThrow(/"c".*a, b/);
    expect(() => chooseModel(undefined, { served: [], acceptedIds: [] })).toThrow(/none is served/);
  });
});

describe('checkMaxTokens', () => {
  it('refuses a completion that leaves no token of the context to the prompt', () => {
    const model = served('a');
    expect(() => checkMaxTokens({ value: 99, param: 'max_tokens' }, model)).not.toThrow();
    expect(() => checkMaxTokens({ value: 100, param: 'max_tokens' }, model)).toThrow(/100/);
    expect(() => checkMaxTokens({ value: 100, param: 'max_tokens' }, undefined)).not.toThrow();
  });
});
