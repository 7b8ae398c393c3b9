import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '@tessera/config';
import { findRepositoryRoot, temporaryDirectory } from '@tessera/testing';
import { expect, it } from 'vitest';

const ORT = join(findRepositoryRoot(), 'libs/ort/dist/index.js');
const SCRIPT = `
  import { OrtRuntime } from ${JSON.stringify(ORT)};
  OrtRuntime.create({ intraOpThreads: 1, spin: false }).dispose();
  process.stdout.write(process.env.ORT_DISABLE_TELEMETRY);
`;

it('a runtime does not report to its maker: no device id, no store of events', async () => {
  const home = await temporaryDirectory();
  // ONNX Runtime is silent in CI anyway, which would hide that it is not elsewhere.
  const quiet = [
    'CI',
    'TF_BUILD',
    'GITHUB_ACTIONS',
    'GITLAB_CI',
    'BUILD_ID',
    'JENKINS_URL',
    'TEAMCITY_VERSION',
  ];
  const env = childEnvironment({
    ...Object.fromEntries(quiet.map((name) => [name, undefined])),
    ORT_DISABLE_TELEMETRY: undefined,
    HOME: home.path,
    XDG_CACHE_HOME: join(home.path, 'cache'),
  });
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    env,
  });
  expect(stdout).toBe('1');
  expect(await readdir(home.path)).toEqual([]);
  await home.remove();
});
