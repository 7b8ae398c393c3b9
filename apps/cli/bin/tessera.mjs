#!/usr/bin/env node
// `npx tessera ...` from the checkout. Builds first when that has not happened yet.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const APPS = ['apps/api', 'apps/dispatcher', 'apps/worker', 'apps/cli'];
const root = new URL('../../../', import.meta.url);

if (!APPS.every((app) => existsSync(new URL(`${app}/dist/main.js`, root)))) {
  console.error(`tessera: building the checkout first: tsc -b ${APPS.join(' ')}`);
  // Standard output belongs to the command: what the build prints goes to standard error.
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...APPS], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}
await import('../dist/main.js');
