import { createHmac } from 'node:crypto';
import { ADMIN_OWNER_ID } from '@tessera/contracts';

/**
 * The secret that signs what goes to the webhook URLs of an owner's jobs. The administrator's is the given one; every other
 * owner's follows from it and tells nothing about it, or about another's: who verifies with one can forge nobody else's events.
 */
export function secretOfOwner(secret: string, ownerId: string): string {
  if (ownerId === ADMIN_OWNER_ID) return secret;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `whsec_${createHmac('sha256', key).update(`webhook ${ownerId}`).digest('base64')}`;
}
