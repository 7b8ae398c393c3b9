import { type ApiKeys, isAdminKey } from '@tessera/api-keys';
import { type Caller } from '@tessera/contracts';
import { InvalidApiKeyError } from '../errors/access.errors.js';
import { readBearerKey } from './bearer-key.js';
import { ADMIN_CALLER } from './caller.js';

/** Finds out who sends a request. */
export interface Authenticator {
  /** @throws {InvalidApiKeyError} for a key that is not valid, and for none */
  authenticate(authorization: string | undefined): Promise<Caller>;
}

/** For an API that asks nobody for a key: it is reached from its own machine alone. */
export const TRUSTING: Authenticator = { authenticate: async () => ADMIN_CALLER };

/** For an API that asks for a key. */
export class KeyAuthenticator implements Authenticator {
  constructor(
    private readonly adminKey: string,
    private readonly apiKeys: Pick<ApiKeys, 'check'>,
  ) {}

  async authenticate(authorization: string | undefined): Promise<Caller> {
    const key = readBearerKey(authorization);
    if (key === undefined) throw new InvalidApiKeyError('none');
    if (isAdminKey(key, this.adminKey)) return ADMIN_CALLER;
    const verdict = await this.apiKeys.check(key);
    if (verdict.kind !== 'valid') throw new InvalidApiKeyError(verdict.kind);
    const { id: keyId, ownerId, scopes, limits } = verdict.record;
    return { keyId, ownerId, scopes, limits };
  }
}

/** The authenticator that the settings ask for. */
export function authenticatorOf(adminKey: string | undefined, apiKeys: ApiKeys | undefined): Authenticator {
  if (adminKey === undefined) return TRUSTING;
  if (apiKeys === undefined) throw new Error('requests are to be asked for a key, and no keys are open');
  return new KeyAuthenticator(adminKey, apiKeys);
}
