import { ConfigurationError, loadConfig } from '@tessera/config';
import { EXIT_CODES } from '../exit-status.js';
import { type Check, type CheckResult } from './check.js';
import { cudaCheck } from './checks/cuda.js';
import { dataFolderCheck } from './checks/data-folder.js';
import { deviceCheck } from './checks/device.js';
import { modelCheck } from './checks/model.js';
import { objectStoreCheck } from './checks/object-store.js';
import { portsCheck } from './checks/ports.js';
import { redisCheck } from './checks/redis.js';
import { runtimeCheck } from './checks/runtime.js';
import { systemCheck } from './checks/system.js';
import { type ProbeOutcome } from './probe-outcome.js';
import { type NamedResult, toReport } from './report.js';
import { runProbe } from './run-probe.js';

const CHECKS: readonly Check[] = [
  systemCheck,
  runtimeCheck,
  deviceCheck('cpu'),
  cudaCheck,
  deviceCheck('webgpu'),
  redisCheck,
  dataFolderCheck,
  objectStoreCheck,
  modelCheck,
  portsCheck,
];

/** Looks at everything and prints it. Exit code 1 when something that the settings need is broken. */
export async function runDoctor({ json }: { json: boolean }): Promise<void> {
  const results = await examine();
  const isHealthy = results.every(({ status }) => status !== 'broken');
  const report = json ? JSON.stringify({ healthy: isHealthy, checks: results }) : toReport(results);
  process.stdout.write(`${report}\n`);
  if (!isHealthy) process.exitCode = EXIT_CODES.failure;
}

async function examine(): Promise<NamedResult[]> {
  try {
    const config = loadConfig();
    const probes = new Map<string, Promise<ProbeOutcome>>();
    const probe = (device: string): Promise<ProbeOutcome> => {
      const known = probes.get(device) ?? runProbe(device);
      probes.set(device, known);
      return known;
    };
    const settings: NamedResult = { name: 'settings', status: 'ok', summary: 'can be read', facts: {} };
    const results = CHECKS.map(async (check) => ({
      name: check.name,
      ...(await check.run({ config, probe })),
    }));
    return [settings, ...(await Promise.all(results))];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [{ name: 'settings', ...unreadable(error) }];
  }
}

function unreadable(error: ConfigurationError): CheckResult {
  return {
    status: 'broken',
    summary: error.message,
    remedy: 'correct them first: everything else depends on them (docs/operations.md lists all)',
    facts: {},
  };
}
