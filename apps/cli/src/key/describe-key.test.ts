import { describe, expect, it } from 'vitest';
import { describeKey } from './describe-key.js';
import { type ServiceKey } from './key-schema.js';

const CREATED_AT = Date.parse('2026-11-25T12:00:00Z') / 1000;
const KEY: ServiceKey = {
  id: 'key_1',
  object: 'api_key',
  name: 'team',
  prefix: 'tsk_12345678',
  scopes: ['jobs', 'files'],
  created_at: CREATED_AT,
};

describe('describeKey', () => {
  it('tells when it was made and used, and that it does not expire', () => {
    expect(describeKey(KEY)).toBe(
      'key_1  tsk_12345678...  team  jobs,files  made 2026-11-25T12:00:00Z  never used  does not expire',
    );
    expect(describeKey({ ...KEY, last_used_at: CREATED_AT + 60 })).toContain('used 2026-11-25T12:01:00Z');
  });

  it.each([
    [{ expires_at: CREATED_AT + 60 }, 'expires 2026-11-25T12:01:00Z'],
    [{ expires_at: CREATED_AT }, 'expired 2026-11-25T12:00:00Z'],
    [{ expires_at: CREATED_AT + 60, revoked_at: CREATED_AT }, 'revoked 2026-11-25T12:00:00Z'],
  ])('tells the end of %j', (end, text) => {
    expect(describeKey({ ...KEY, ...end }, CREATED_AT * 1000)).toMatch(new RegExp(`  ${text}$`));
  });
});
