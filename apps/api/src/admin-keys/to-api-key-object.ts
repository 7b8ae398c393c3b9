import { type ApiKeyObject } from '@tessera/contracts';
import { type KnownKey } from '@tessera/queue';
import { toLimitsObject } from './key-limits.js';

/** The key object that clients see. */
export function toApiKeyObject({ record, lastUsedAtMs }: KnownKey): ApiKeyObject {
  return {
    id: record.id,
    object: 'api_key',
    name: record.name,
    prefix: record.prefix,
    scopes: record.scopes,
    created_at: toSeconds(record.createdAtMs),
    expires_at: toSecondsOrNull(record.expiresAtMs),
    last_used_at: toSecondsOrNull(lastUsedAtMs),
    revoked_at: toSecondsOrNull(record.revokedAtMs),
    limits: toLimitsObject(record.limits),
    owner: record.ownerId,
  };
}

function toSecondsOrNull(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : toSeconds(milliseconds);
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
