import { ADMIN_OWNER_ID, type Caller, SCOPES } from '@tessera/contracts';
import { type FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before anything else looks at the request; null only where nobody is asked who it is. */
    caller: Caller | null;
  }
}

/** Who has the administrator's key, and everybody while nobody is asked for a key. */
export const ADMIN_CALLER: Caller = {
  keyId: ADMIN_OWNER_ID,
  ownerId: ADMIN_OWNER_ID,
  scopes: SCOPES,
  limits: {},
};

/** Who sent this request. Only for routes that ask for a key: the others have no caller. */
export function callerOf({ caller, routeOptions }: FastifyRequest): Caller {
  if (caller !== null) return caller;
  throw new Error(`nobody was asked for a key at ${routeOptions.url ?? 'an unknown route'}`);
}
