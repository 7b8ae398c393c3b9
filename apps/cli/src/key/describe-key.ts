import { formatTime } from '../terminal/format.js';
import { type ServiceKey } from './key-schema.js';

/** A key as one line of a list. */
export function describeKey(key: ServiceKey, nowMs = Date.now()): string {
  const use = key.last_used_at == null ? 'never used' : `used ${formatTime(key.last_used_at)}`;
  return [
    key.id,
    `${key.prefix}...`,
    key.name,
    key.scopes.join(','),
    `made ${formatTime(key.created_at)}`,
    use,
    describeEnd(key, nowMs),
  ].join('  ');
}

function describeEnd({ expires_at: expiresAt, revoked_at: revokedAt }: ServiceKey, nowMs: number): string {
  if (revokedAt != null) return `revoked ${formatTime(revokedAt)}`;
  if (expiresAt == null) return 'does not expire';
  return `${expiresAt * 1000 <= nowMs ? 'expired' : 'expires'} ${formatTime(expiresAt)}`;
}
