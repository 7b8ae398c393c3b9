import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WebhookSecretInvalidError } from './errors.js';

const FILE_NAME = 'webhook-secret';
const SECRET_BYTES = 32;
const SECRET = /^whsec_(?<key>[A-Za-z0-9+/]+={0,2})$/;

export interface WebhookSecretSource {
  /** `TESSERA_WEBHOOK_SECRET`; unset: the one kept in the data folder. */
  readonly configured?: string;
  readonly dataDirectory: string;
}

/**
 * The secret that signs webhooks: the configured one, else the one in the data folder, which is made when there is
 * none. Processes that start at the same time end with the same secret.
 * @throws {WebhookSecretInvalidError}
 */
export async function loadWebhookSecret({ configured, dataDirectory }: WebhookSecretSource): Promise<string> {
  if (configured !== undefined) return checkSecret(configured, 'TESSERA_WEBHOOK_SECRET');
  const path = join(dataDirectory, FILE_NAME);
  const kept = await readIfThere(path);
  if (kept !== undefined) return checkSecret(kept.trim(), path);
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  await createSecret(path);
  return checkSecret((await readFile(path, 'utf8')).trim(), path);
}

/** A secret of 32 random bytes. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** Writes a whole file first and then gives it its name, which fails where another process was faster. */
async function createSecret(path: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${newWebhookSecret()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function checkSecret(secret: string, source: string): string {
  const key = SECRET.exec(secret)?.groups?.['key'];
  const byteCount = key === undefined ? 0 : Buffer.from(key, 'base64').length;
  if (byteCount < 24 || byteCount > 64) throw new WebhookSecretInvalidError(source);
  return secret;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
