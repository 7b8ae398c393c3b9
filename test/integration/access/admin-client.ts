import { type ApiKeyObject, type CreateApiKeyBody, type CreatedApiKey, type Scope } from '@tessera/contracts';
import { type ApiClient, type JsonAnswer } from '../api/api-client.js';

export const ADMIN_KEY = 'the-administrators-own-key';

/** Makes a key with these scopes. */
export async function createKey(
  admin: ApiClient,
  scopes: Scope[],
  more: Partial<CreateApiKeyBody> = {},
): Promise<CreatedApiKey> {
  const { status, body } = await postKey(admin, { name: 'test', scopes, ...more });
  if (status !== 200) throw new Error(`no key was made: ${JSON.stringify(body)}`);
  return body;
}

export function postKey(admin: ApiClient, body: unknown): Promise<JsonAnswer<CreatedApiKey>> {
  return admin.post('/v1/admin/keys', body);
}

export async function getKey(admin: ApiClient, id: string): Promise<ApiKeyObject> {
  return (await admin.get<ApiKeyObject>(`/v1/admin/keys/${id}`)).body;
}
