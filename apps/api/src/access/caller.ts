import { ADMIN_OWNER_ID, type Caller, SCOPES } from '@tessera/contracts';
import { type FastifyRequest } from 'fastify';

/** Everybody, while nobody is asked for a key. */
const ADMIN_CALLER: Caller = { keyId: ADMIN_OWNER_ID, ownerId: ADMIN_OWNER_ID, scopes: SCOPES, limits: {} };

/** Who sent this request. */
export function callerOf(_httpRequest: FastifyRequest): Caller {
  return ADMIN_CALLER;
}
