import { type ApiKeys } from '@tessera/api-keys';
import { AuthenticationOffError } from '../errors/access.errors.js';

/** The API keys, where there are any. */
export class KeyDirectory {
  constructor(private readonly apiKeys: ApiKeys | undefined) {}

  /** @throws {AuthenticationOffError} while nobody is asked for a key */
  get keys(): ApiKeys {
    if (this.apiKeys === undefined) throw new AuthenticationOffError();
    return this.apiKeys;
  }
}
