import { type Scope } from '@tessera/contracts';
import { type ApiClient, type ErrorBody, type JsonAnswer } from '../api/api-client.js';
import { type ApiContract } from '../api/api-contract.js';

/**
 * Who may call what below a path, as people were promised it. Written down apart from the table that the API goes by:
 * a new route has to be thought of twice.
 */
const PROMISED: readonly (readonly [path: string, access: Scope | 'everybody' | 'any key'])[] = [
  ['/health/', 'everybody'],
  ['/v1/models', 'any key'],
  ['/v1/usage', 'any key'],
  ['/v1/jobs', 'jobs'],
  ['/v1/chat/completions', 'jobs'],
  ['/v1/batches', 'batches'],
  ['/v1/files', 'files'],
  ['/v1/uploads', 'files'],
  ['/v1/webhook_endpoints', 'webhooks'],
  ['/v1/webhooks', 'webhooks'],
  ['/v1/datasets', 'datasets'],
  ['/v1/admin/', 'admin'],
];

/** One route with one method, as the OpenAPI document has it. */
export interface ApiOperation {
  /** As in `GET /v1/jobs/{id}`. */
  readonly name: string;
  readonly method: string;
  /** As in `/v1/jobs/{id}`. */
  readonly path: string;
  readonly access: Scope | 'everybody' | 'any key';
  /** What the document says of keys. */
  readonly security: readonly Record<string, readonly string[]>[];
}

/** Every operation of the document. @throws where it is not said who may call one */
export function listOperations({ operations }: ApiContract): ApiOperation[] {
  return [...operations].map(([name, { security }]) => {
    const [method = '', path = ''] = name.split(' ');
    const promised = PROMISED.find(([prefix]) => path.startsWith(prefix));
    if (promised === undefined) throw new Error(`say in PROMISED who may call ${name}`);
    return { name, method, path, access: promised[1], security };
  });
}

/** Calls an operation with ids in place of its parameters. It has no body: who may not call it hears that first. */
export function call(
  client: ApiClient,
  { method, path }: ApiOperation,
  ids: Readonly<Record<string, string>> = {},
): Promise<JsonAnswer<ErrorBody>> {
  const filled = path.replace(/\{([^}]+)\}/g, (_whole, name: string) => ids[name] ?? 'nothing');
  return client.send<ErrorBody>(method, filled);
}
