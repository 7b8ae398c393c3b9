import { type Config } from '@tessera/config';
import { type Check, type CheckResult } from '../check.js';
import { type ProbeOutcome } from '../probe-outcome.js';

type DeviceId = Config['worker']['device'];

/** Whether a device can run a model, tried in a process of its own. */
export function deviceCheck(device: DeviceId): Check {
  return {
    name: device,
    run: async ({ config, probe }) => toResult(await probe(device), config.worker.device === device),
  };
}

function toResult(outcome: ProbeOutcome, isChosen: boolean): CheckResult {
  const chosen = isChosen ? ' (TESSERA_DEVICE)' : '';
  const failure = isChosen ? 'broken' : 'absent';
  if (outcome.kind === 'died') {
    return {
      status: failure,
      summary: `cannot be used${chosen}: ${outcome.reason}`,
      remedy: "update the device's driver",
      facts: { usable: false, reason: outcome.reason },
    };
  }
  const { device } = outcome.answer;
  if (!device.usable) {
    const summary = `cannot be used${chosen}: ${device.reason}`;
    return { status: failure, summary, remedy: device.remedy, facts: { ...device } };
  }
  const limits = [
    ...(device.float16 ? [] : ['no 16-bit floats: models with such activations or embeddings do not run']),
    ...(device.wideAttention ? [] : ['attention of 32 and more tokens a run comes out wrong']),
  ];
  const { usable, float16, wideAttention, wallMs } = device;
  const facts = { usable, float16, wide_attention: wideAttention, wall_ms: Math.round(wallMs) };
  if (limits.length === 0) return { status: 'ok', summary: `works${chosen}`, facts };
  return { status: 'warning', summary: `works${chosen}, but: ${limits.join('; ')}`, facts };
}
