import { type Scope } from '@tessera/contracts';

/** Who may call a route: everybody, whoever has a key, or whoever has a key with this scope. */
export type RouteAccess = 'everybody' | 'any key' | Scope;

/** Every route is below one of these. The one table: a route that is not in it keeps the API from starting. */
const ACCESS_BY_PREFIX: Readonly<Record<string, RouteAccess>> = {
  '/health': 'everybody',
  '/docs': 'everybody',
  '/v1/models': 'any key',
  '/v1/usage': 'any key',
  '/v1/jobs': 'jobs',
  '/v1/chat/completions': 'jobs',
  '/v1/batches': 'batches',
  '/v1/files': 'files',
  '/v1/uploads': 'files',
  '/v1/webhook_endpoints': 'webhooks',
  '/v1/webhooks': 'webhooks',
  '/v1/datasets': 'datasets',
  '/v1/admin': 'admin',
};

/** Nobody has said who may call this route. */
export class RouteWithoutAccessError extends Error {
  constructor(readonly route: string) {
    super(`the table of access/route-access.ts does not say who may call ${route}`);
    this.name = 'RouteWithoutAccessError';
  }
}

/** @param route the pattern of a route, as in `/v1/jobs/:id` @throws {RouteWithoutAccessError} */
export function accessOf(route: string): RouteAccess {
  const prefix = Object.keys(ACCESS_BY_PREFIX).find((each) => route === each || route.startsWith(`${each}/`));
  const access = prefix === undefined ? undefined : ACCESS_BY_PREFIX[prefix];
  if (access === undefined) throw new RouteWithoutAccessError(route);
  return access;
}
