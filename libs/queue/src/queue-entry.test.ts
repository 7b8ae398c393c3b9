import { describe, expect, it } from 'vitest';
import { queueNameOf } from './queue-entry.js';

describe('queueNameOf', () => {
  it('has no colon, which BullMQ refuses, and differs for models that differ', () => {
    const models = ['a/b', 'a:b', 'a%2Fb', 'a%3Ab', 'A/b', 'a b', 'ä', '{a}'];
    const names = models.map(queueNameOf);
    for (const name of names) expect(name).toMatch(/^image-question\.answer\.[\w%.!~*'()-]+$/);
    expect(new Set(names).size).toBe(models.length);
  });
});
