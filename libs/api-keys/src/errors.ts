import { TesseraError } from '@tessera/contracts';

const LONGEST_QUOTED_ID = 80;

export class ApiKeyNotFoundError extends TesseraError {
  readonly code = 'api_key_not_found';

  constructor(readonly keyId: string) {
    super(`no API key has the id ${JSON.stringify(keyId.slice(0, LONGEST_QUOTED_ID))}`, { param: 'id' });
  }
}

/** A revoked key stays as it was. */
export class ApiKeyRevokedError extends TesseraError {
  readonly code = 'api_key_revoked';

  constructor(readonly keyId: string) {
    super(`API key ${keyId} is revoked and can no longer be changed; make a new one`);
  }
}

/** Another request changes the same key at this moment. */
export class ApiKeyBusyError extends TesseraError {
  readonly code = 'service_unavailable';

  constructor(readonly keyId: string) {
    super(`API key ${keyId} is being changed by another request; try again`);
  }
}

/** Redis was restarted while the keys were read from the store. */
export class ApiKeysIncompleteError extends TesseraError {
  readonly code = 'service_unavailable';

  constructor() {
    super('Redis was restarted and does not know the API keys yet; try again');
  }
}
