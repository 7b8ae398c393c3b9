// `npm test`: installs what is missing, builds, runs every test project, ends with one plain line of counts.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { prepareCheckout, run } from './prepare-checkout.mjs';
import { ensureSoftwareVulkan } from './software-vulkan.mjs';

await prepareCheckout();
await ensureSoftwareVulkan(console.log);
const { reportVersitygw } = await import('./versitygw.mjs');
reportVersitygw(console.log);
const { reportPythonClient } = await import('./python-client.mjs');
reportPythonClient(console.log);
const directory = mkdtempSync(path.join(tmpdir(), 'tessera-test-'));
const report = path.join(directory, 'report.json');
const exitCode = await runTests();
const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(directory, { recursive: true });
const passed = counts?.numPassedTests ?? 0;
console.log(`${passed} passed, ${counts?.numFailedTests ?? 0} failed`);
process.exit(exitCode === 0 && passed > 0 ? 0 : 1);

async function runTests() {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)];
  return run(process.execPath, vitest, { env: await environmentWithRedis() });
}

/** Our environment, with a PATH on which `redis-server` is found; it is installed first where it is not. */
async function environmentWithRedis() {
  const { ensureRedisServer } = await import('../libs/redis-server/dist/index.js');
  const { childEnvironment } = await import('../libs/config/dist/index.js');
  const { command } = await ensureRedisServer({ dataDirectory: path.resolve('.tessera'), log: console.log });
  if (command === 'redis-server') return childEnvironment();
  // Unpacked without root, or a Valkey: a launcher of the name that tests start.
  const launcher = path.join(directory, 'redis-server');
  writeFileSync(launcher, `#!/bin/sh\nexec '${command.replaceAll("'", String.raw`'\''`)}' "$@"\n`, {
    mode: 0o755,
  });
  return childEnvironment({ PATH: `${directory}:${childEnvironment().PATH ?? ''}` });
}
