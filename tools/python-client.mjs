// Installs OpenAI's client for Python, which the service is tested with where Python is at hand, into .tessera/.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import {
  isPythonClientInstalled,
  PYTHON_CLIENT_ENVIRONMENT,
  PYTHON_CLIENT_MARK,
  PYTHON_CLIENT_PACKAGES,
  PYTHON_WITH_CLIENT,
} from '../libs/testing/dist/index.js';

/** Says, where it is missing, that its tests are left out and what brings them in. */
export function reportPythonClient(log) {
  if (isPythonClientInstalled()) return;
  log("the service is not tested with OpenAI's client for Python: it is not installed here;");
  log('where there is Python with venv and pip, "node tools/python-client.mjs" installs it');
}

function install() {
  if (isPythonClientInstalled()) return 0;
  console.log(`installing a client for the tests: pip install ${PYTHON_CLIENT_PACKAGES.join(' ')}`);
  rmSync(PYTHON_CLIENT_ENVIRONMENT, { recursive: true, force: true });
  const steps = [
    ['python3', '-m', 'venv', PYTHON_CLIENT_ENVIRONMENT],
    [
      PYTHON_WITH_CLIENT,
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...PYTHON_CLIENT_PACKAGES,
    ],
  ];
  for (const [command, ...args] of steps) {
    const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
    if (error !== undefined) console.error(`${command} cannot be run: ${error.message}`);
    if (status !== 0) return status ?? 1;
  }
  writeFileSync(PYTHON_CLIENT_MARK, '');
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exit(install());
