import { type ApiKeyRecord, type Caller } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { toLimitsObject } from './key-limits.js';

/** Who asked for a change. */
export interface Actor {
  readonly caller: Caller;
  readonly requestId: string;
}

/** The audit log of keys: one line per change, whatever level is logged. No line has a key or its hash. */
export class KeyAudit {
  private readonly log: Logger;

  constructor(logger: Logger) {
    this.log = logger.child({ audit: true }, { level: 'info' });
  }

  created(record: ApiKeyRecord, actor: Actor): void {
    this.write('api_key.created', actor, { keyId: record.id, prefix: record.prefix, after: termsOf(record) });
  }

  updated(before: ApiKeyRecord, after: ApiKeyRecord, actor: Actor): void {
    const { id: keyId, prefix } = after;
    this.write('api_key.updated', actor, { keyId, prefix, before: termsOf(before), after: termsOf(after) });
  }

  revoked(record: ApiKeyRecord, actor: Actor): void {
    this.write('api_key.revoked', actor, {
      keyId: record.id,
      prefix: record.prefix,
      before: termsOf(record),
    });
  }

  private write(event: string, { caller, requestId }: Actor, facts: object): void {
    this.log.info({ event, actor: caller.keyId, requestId, ...facts }, 'audit');
  }
}

function termsOf({ name, scopes, limits, ownerId, expiresAtMs }: ApiKeyRecord) {
  const expiry = expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString();
  return { name, scopes, owner: ownerId, expiresAt: expiry, limits: toLimitsObject(limits) };
}
