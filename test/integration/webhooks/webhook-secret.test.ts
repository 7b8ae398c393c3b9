import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findRepositoryRoot, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { loadWebhookSecret, WebhookSecretInvalidError } from '@tessera/webhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CONFIGURED = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
/** Loads the secret and prints it. Runs the built package. */
const LOADER = `
  import { loadWebhookSecret } from '@tessera/webhooks';
  console.log(await loadWebhookSecret({ dataDirectory: process.argv[1] }));
`;

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-secret');
});
afterEach(() => directory.remove());

describe('loadWebhookSecret', () => {
  it('takes the configured secret and writes nothing', async () => {
    const secret = await loadWebhookSecret({ configured: CONFIGURED, dataDirectory: directory.path });
    expect(secret).toBe(CONFIGURED);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('makes one of 32 bytes that only its owner reads, and keeps it', async () => {
    const dataDirectory = join(directory.path, 'new', 'data');
    const secret = await loadWebhookSecret({ dataDirectory });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const path = join(dataDirectory, 'webhook-secret');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, 'utf8')).trim()).toBe(secret);
    expect(await loadWebhookSecret({ dataDirectory })).toBe(secret);
    expect(await readdir(dataDirectory)).toEqual(['webhook-secret']);
  });

  it('gives processes that start together the same secret', async () => {
    const load = async () => {
      const arguments_ = ['--input-type=module', '-e', LOADER, directory.path];
      const { stdout } = await promisify(execFile)(process.execPath, arguments_, {
        cwd: findRepositoryRoot(),
      });
      return stdout.trim();
    };
    const own = Array.from({ length: 20 }, () => loadWebhookSecret({ dataDirectory: directory.path }));
    const secrets = new Set(await Promise.all([load(), load(), load(), load(), ...own]));
    expect(secrets.size).toBe(1);
    expect([...secrets][0]).toMatch(/^whsec_/);
    expect(await readdir(directory.path)).toEqual(['webhook-secret']);
  });

  it.each([
    ['empty', ''],
    ['without its prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['too short', 'whsec_c2hvcnQ='],
    ['no base64', 'whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!'],
  ])('refuses a kept secret that is %s, without telling it', async (_, text) => {
    await writeFile(join(directory.path, 'webhook-secret'), text);
    const failure = loadWebhookSecret({ dataDirectory: directory.path });
    await expect(failure).rejects.toBeInstanceOf(WebhookSecretInvalidError);
    await expect(failure).rejects.toThrow(join(directory.path, 'webhook-secret'));
    if (text !== '') await expect(failure).rejects.not.toThrow(text);
  });
});
