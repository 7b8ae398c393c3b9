import { type Scope, TesseraError } from '@tessera/contracts';

/** Why a request was not let in; the code is the same for all, so that strangers learn nothing. */
const REASONS = {
  none: 'this API asks for a key: send it as `Authorization: Bearer <key>`',
  unknown: 'the API key is not valid here',
  // Whoever hears these two has sent the whole key.
  expired: 'the API key has expired; ask for a new one',
  revoked: 'the API key is revoked; ask for a new one',
} as const;

/** The request has no key that is valid. */
export class InvalidApiKeyError extends TesseraError {
  readonly code = 'invalid_api_key';

  constructor(readonly reason: keyof typeof REASONS) {
    super(REASONS[reason], { param: 'Authorization' });
  }
}

export class InsufficientScopeError extends TesseraError {
  readonly code = 'insufficient_scope';

  constructor(readonly scope: Scope) {
    super(`the API key lacks the scope \`${scope}\`, which this route needs`);
  }
}

/** Keys are managed while nobody is asked for one. */
export class AuthenticationOffError extends TesseraError {
  readonly code = 'authentication_off';

  constructor() {
    super('nobody is asked for a key here: set TESSERA_ADMIN_KEY for the API, and send it to manage keys');
  }
}
