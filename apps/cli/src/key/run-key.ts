import { serviceAddressOf } from '../options/service-address.js';
import { INTERACTIVE_RETRIES, NO_RETRIES, type RetryPolicy } from '../service/with-retries.js';
import { describeKey } from './describe-key.js';
import { KeyClient } from './key-client.js';
import { type CreateKeyOptions, type KeyOptions, type ListKeysOptions } from './key-options.js';

/** Prints the key alone on standard output, so that a script can take it; what belongs to it goes to standard error. */
export async function runCreateKey(name: string, options: CreateKeyOptions): Promise<void> {
  const { scopes, expiresIn, limit, owner } = options;
  // Tried again after an answer that was lost, it would make a second key.
  const client = clientOf(options, NO_RETRIES);
  const created = await client.create({ name, scopes, expiresInSeconds: expiresIn, limits: limit, owner });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(created)}\n`);
    return;
  }
  process.stderr.write(`${describeKey(created)}\nThe key is shown this once:\n`);
  process.stdout.write(`${created.key}\n`);
}

export async function runListKeys(options: ListKeysOptions): Promise<void> {
  const { data, has_more: hasMore } = await clientOf(options).list(options);
  for (const key of data) {
    process.stdout.write(`${options.json === true ? JSON.stringify(key) : describeKey(key)}\n`);
  }
  const last = data.at(-1);
  if (hasMore && last !== undefined) process.stderr.write(`there are more: --after ${last.id}\n`);
}

export async function runRevokeKeys(ids: readonly string[], options: KeyOptions): Promise<void> {
  const client = clientOf(options);
  for (const id of ids) {
    await client.revoke(id);
    const line = options.json === true ? JSON.stringify({ id, deleted: true }) : `${id} is revoked`;
    process.stdout.write(`${line}\n`);
  }
}

function clientOf(options: KeyOptions, retries: RetryPolicy = INTERACTIVE_RETRIES): KeyClient {
  return new KeyClient({ ...serviceAddressOf(options), retries });
}
