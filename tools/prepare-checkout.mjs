// What `npm start` and `npm test` do first on a fresh clone: the right Node, the dependencies, the build. Plain Node,
// because nothing is installed yet.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const MINIMUM_NODE = [20, 19];

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Checks Node, installs what is missing, builds `projects` with what they need (absent: everything). Ends the process
 * with a message when that is impossible.
 */
export async function prepareCheckout(projects = []) {
  process.chdir(ROOT);
  checkNodeVersion();
  if (!areDependenciesInstalled()) {
    console.log('installing dependencies: npm ci');
    await runOrExit('npm', ['ci', '--include=dev']);
  }
  console.log(`building: ${['tsc -b', ...projects].join(' ')}`);
  await runOrExit(process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...projects]);
}

/**
 * Runs a command to its end with our terminal, passing SIGTERM on. Ctrl-C it gets from the terminal itself; we only
 * wait for what it makes of it. Resolves to its exit code, or to the one that a shell gives for the signal that ended it.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const passOn = (signal) => child.kill(signal);
    const wait = () => undefined;
    process.on('SIGTERM', passOn).on('SIGINT', wait);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.removeListener('SIGTERM', passOn).removeListener('SIGINT', wait);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

async function runOrExit(command, args) {
  const exitCode = await run(command, args);
  if (exitCode === 0) return;
  console.error(`"${[command, ...args].join(' ')}" failed with code ${exitCode}`);
  process.exit(exitCode);
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [minimumMajor, minimumMinor] = MINIMUM_NODE;
  if (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor)) return;
  console.error(
    `Tessera needs Node ${MINIMUM_NODE.join('.')} or newer; this is Node ${process.versions.node}`,
  );
  process.exit(1);
}

/**
 * npm notes what it has installed in the terms of package-lock.json, leaving out optional packages of other systems.
 * Entries outside node_modules are our own folders, which are linked and need no installation.
 */
function areDependenciesInstalled() {
  const installedFile = 'node_modules/.package-lock.json';
  if (!existsSync(installedFile)) return false;
  const wanted = readPackages('package-lock.json');
  const installed = readPackages(installedFile);
  return Object.entries(wanted).every(([place, entry]) => {
    if (!place.includes('node_modules/')) return true;
    const found = installed[place];
    return found === undefined ? entry.optional === true : JSON.stringify(found) === JSON.stringify(entry);
  });
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
