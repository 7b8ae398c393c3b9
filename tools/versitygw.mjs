// Installs the S3 server of the Go world that the object store is tested on where Go is at hand, into .tessera/.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { childEnvironment } from '../libs/config/dist/index.js';
import { isVersitygwInstalled, VERSITYGW_BINARY, VERSITYGW_MODULE } from '../libs/testing/dist/index.js';

/** Says, where it is missing, that its tests are left out and what brings them in. */
export function reportVersitygw(log) {
  if (isVersitygwInstalled()) return;
  log('the object store is not tested on versitygw: it is not installed here;');
  log('where there is Go, "node tools/versitygw.mjs" installs it');
}

function install() {
  if (isVersitygwInstalled()) return 0;
  console.log(`installing an S3 server for the tests: go install ${VERSITYGW_MODULE}`);
  const env = childEnvironment({ GOBIN: path.dirname(VERSITYGW_BINARY) });
  return spawnSync('go', ['install', VERSITYGW_MODULE], { env, stdio: 'inherit' }).status ?? 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exit(install());
