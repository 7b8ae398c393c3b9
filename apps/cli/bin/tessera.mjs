#!/usr/bin/env node
// `npx tessera ...` from the checkout. Builds first when that has not happened yet.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const entry = new URL('../dist/main.js', import.meta.url);
if (!existsSync(entry)) {
  console.error('tessera: building the checkout first (npm run build)');
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  // Standard output belongs to the command: what the build prints goes to standard error.
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
await import(entry.href);
