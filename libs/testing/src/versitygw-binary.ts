import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const VERSION = 'v1.8.0';

/** Go module of an S3 server that keeps objects in a folder. */
export const VERSITYGW_MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;

/** Where `node tools/versitygw.mjs` installs it: in the checkout, out of git. From src or dist, whichever runs. */
export const VERSITYGW_BINARY = fileURLToPath(
  new URL(`../../../.tessera/versitygw/${VERSION}/versitygw`, import.meta.url),
);

export function isVersitygwInstalled(): boolean {
  return existsSync(VERSITYGW_BINARY);
}
