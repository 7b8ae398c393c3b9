import { type z } from 'zod';
import {
  ServiceConnection,
  type ServiceConnectionOptions,
  type ServiceRequest,
} from '../service/service-connection.js';
import {
  createdKeySchema,
  type CreatedServiceKey,
  keyListSchema,
  revokedKeySchema,
  type ServiceKey,
} from './key-schema.js';

/** What a key is made with; what is absent is the service's to choose. */
export interface KeyTerms {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresInSeconds?: number | undefined;
  readonly limits?: Readonly<Record<string, number>> | undefined;
  readonly owner?: string | undefined;
}

/** `/v1/admin/keys` of a service. */
export class KeyClient {
  private readonly connection: ServiceConnection;

  constructor(options: ServiceConnectionOptions) {
    this.connection = new ServiceConnection(options);
  }

  create({ expiresInSeconds, ...terms }: KeyTerms): Promise<CreatedServiceKey> {
    const body = JSON.stringify({ ...terms, expires_in_seconds: expiresInSeconds });
    const headers = { 'content-type': 'application/json' };
    return this.request('', { method: 'POST', headers, body }, createdKeySchema);
  }

  list(query: {
    limit: number;
    after?: string | undefined;
  }): Promise<{ data: ServiceKey[]; has_more: boolean }> {
    const search = new URLSearchParams({ limit: String(query.limit) });
    if (query.after !== undefined) search.set('after', query.after);
    return this.request(`?${search.toString()}`, {}, keyListSchema);
  }

  async revoke(id: string): Promise<void> {
    await this.request(`/${encodeURIComponent(id)}`, { method: 'DELETE' }, revokedKeySchema);
  }

  private request<Schema extends z.ZodType>(
    path: string,
    init: ServiceRequest,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    return this.connection.request(`/v1/admin/keys${path}`, () => init, schema);
  }
}
