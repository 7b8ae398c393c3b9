import { type ApiKeyRecord, SCOPES } from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import { describe, expect, it } from 'vitest';
import { type Actor, KeyAudit } from './key-audit.js';

const RECORD: ApiKeyRecord = {
  id: 'key_1',
  ownerId: 'key_1',
  name: 'team',
  prefix: 'tsk_12345678',
  hash: 'the-hash',
  scopes: ['jobs'],
  limits: { queuedJobs: 3 },
  createdAtMs: 0,
  expiresAtMs: 1_000,
  version: 1,
};
const ACTOR: Actor = {
  caller: { keyId: 'admin', ownerId: 'admin', scopes: SCOPES, limits: {} },
  requestId: 'req_1',
};

describe('KeyAudit', () => {
  it('writes whatever level is logged, and no hash', () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const audit = new KeyAudit(createLogger({ name: 'api', level: 'silent', destination }));
    audit.created(RECORD, ACTOR);
    audit.updated(RECORD, { ...RECORD, limits: {} }, ACTOR);
    audit.revoked(RECORD, ACTOR);
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.map(({ event }) => event)).toEqual([
      'api_key.created',
      'api_key.updated',
      'api_key.revoked',
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        audit: true,
        actor: 'admin',
        requestId: 'req_1',
        keyId: 'key_1',
        prefix: 'tsk_12345678',
      });
    }
    expect(entries[1]).toMatchObject({
      before: { limits: { queued_jobs: 3 }, expiresAt: '1970-01-01T00:00:01.000Z' },
      after: { limits: { queued_jobs: null } },
    });
    expect(lines.join()).not.toContain('the-hash');
  });
});
