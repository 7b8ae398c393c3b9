import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyNotFoundError, type ApiKeys, isKeyId } from '@tessera/api-keys';
import {
  ADMIN_OWNER_ID,
  type ApiKeyObject,
  type ApiKeyRecord,
  type CreateApiKeyBody,
  type CreatedApiKey,
  type UpdateApiKeyBody,
} from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type KeyQuery } from '@tessera/queue';
import { InvalidValueError } from '../errors/request.errors.js';
import { type ListEnvelope, toListEnvelope } from '../http/to-list-envelope.js';
import { LOGGER } from '../tokens.js';
import { type Actor, KeyAudit } from './key-audit.js';
import { KeyDirectory } from './key-directory.js';
import { readExpiry } from './key-expiry.js';
import { changeLimits } from './key-limits.js';
import { toApiKeyObject } from './to-api-key-object.js';

@Injectable()
export class AdminKeysService {
  private readonly audit: KeyAudit;

  constructor(
    @Inject(KeyDirectory) private readonly directory: KeyDirectory,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.audit = new KeyAudit(logger);
  }

  /** @throws {InvalidValueError} for an expiry that has passed, or an owner that does not exist */
  async create(body: CreateApiKeyBody, actor: Actor): Promise<CreatedApiKey> {
    const { keys } = this.directory;
    const expiresAtMs = readExpiry(body, Date.now());
    const ownerId = body.owner === undefined ? undefined : await findOwner(keys, body.owner);
    const { record, key } = await keys.create({
      name: body.name,
      scopes: body.scopes,
      limits: changeLimits({}, body.limits),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(ownerId === undefined ? {} : { ownerId }),
    });
    this.audit.created(record, actor);
    return { ...toApiKeyObject({ record }), key };
  }

  async list(query: KeyQuery): Promise<ListEnvelope<ApiKeyObject>> {
    const { keys, hasMore } = await this.directory.keys.list(query);
    return toListEnvelope(keys.map(toApiKeyObject), hasMore);
  }

  /** @throws {ApiKeyNotFoundError} */
  async get(id: string): Promise<ApiKeyObject> {
    const known = await this.known(id);
    return toApiKeyObject(known);
  }

  /** @throws {ApiKeyNotFoundError | ApiKeyRevokedError} */
  async update(id: string, body: UpdateApiKeyBody, actor: Actor): Promise<ApiKeyObject> {
    const known = await this.known(id);
    const { before, after } = await this.directory.keys.update(id, (record) => toTerms(record, body));
    this.audit.updated(before, after, actor);
    return toApiKeyObject({ ...known, record: after });
  }

  /** @throws {ApiKeyNotFoundError} */
  async revoke(id: string, actor: Actor): Promise<void> {
    await this.known(id);
    const { before, after } = await this.directory.keys.revoke(id);
    if (before !== after) this.audit.revoked(before, actor);
  }

  private async known(id: string) {
    const { keys } = this.directory;
    const known = isKeyId(id) ? await keys.find(id) : undefined;
    if (known === undefined) throw new ApiKeyNotFoundError(id);
    return known;
  }
}

function toTerms(before: ApiKeyRecord, { name, scopes, limits }: UpdateApiKeyBody) {
  return {
    name: name ?? before.name,
    scopes: scopes ?? before.scopes,
    limits: changeLimits(before.limits, limits),
  };
}

/** Of keys that share data, the first one owns it. */
async function findOwner(keys: ApiKeys, owner: string): Promise<string> {
  if (owner === ADMIN_OWNER_ID) return owner;
  const known = isKeyId(owner) ? await keys.find(owner) : undefined;
  if (known !== undefined) return known.record.ownerId;
  throw new InvalidValueError(`owner: must be the id of an API key, or \`${ADMIN_OWNER_ID}\``, {
    param: 'owner',
  });
}
