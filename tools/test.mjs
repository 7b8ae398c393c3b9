// `npm test`: installs what is missing, builds, runs every test project, ends with one plain line of counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync('node_modules')) {
  console.log('installing dependencies (npm ci)');
  run('npm', ['ci']);
}
console.log('building (tsc -b)');
run('npx', ['tsc', '-b']);
const directory = mkdtempSync(path.join(tmpdir(), 'tessera-test-'));
const report = path.join(directory, 'report.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const { status } = spawnSync('npx', ['vitest', 'run', ...reporters, ...process.argv.slice(2)], { stdio: 'inherit' });
const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(directory, { recursive: true });
const passed = counts?.numPassedTests ?? 0;
console.log(`${passed} passed, ${counts?.numFailedTests ?? 0} failed`);
process.exit(status === 0 && passed > 0 ? 0 : 1);
