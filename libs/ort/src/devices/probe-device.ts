import { type DeviceId } from '../device.js';
import { DeviceUnavailableError, OrtError } from '../errors.js';
import { type OrtRuntime } from '../runtime.js';
import { PROBE_LENGTH, probeModel } from './probe-model.js';

/** Whether a device can be used, and if not, why and what to do. */
export type DeviceProbe =
  | {
      readonly usable: true;
      /** Whether it computes with 16-bit floats, as models with such activations need. */
      readonly float16: boolean;
      readonly wallMs: number;
    }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

/**
 * Makes a tiny session on the device and runs it there. A driver that crashes takes the process with it: probe in a
 * process of its own.
 */
export async function probeDevice(runtime: OrtRuntime, device: DeviceId): Promise<DeviceProbe> {
  const startedAt = performance.now();
  try {
    const sums = await addOnDevice(runtime, device, 'float32');
    const wallMs = performance.now() - startedAt;
    if (sums.every((sum, index) => sum === 2 * index)) {
      return { usable: true, float16: await hasFloat16(runtime, device), wallMs };
    }
    return { usable: false, reason: `it computes [${sums.join(', ')}] as [0, 2, 4, 6]`, remedy: UPDATE };
  } catch (error) {
    if (error instanceof DeviceUnavailableError) {
      return { usable: false, reason: error.reason, remedy: error.remedy };
    }
    if (error instanceof OrtError) return { usable: false, reason: error.message, remedy: UPDATE };
    throw error;
  }
}

const UPDATE = "update the device's driver";

async function hasFloat16(runtime: OrtRuntime, device: DeviceId): Promise<boolean> {
  try {
    await addOnDevice(runtime, device, 'float16');
    return true;
  } catch (error) {
    if (error instanceof OrtError) return false;
    throw error;
  }
}

async function addOnDevice(
  runtime: OrtRuntime,
  device: DeviceId,
  elementType: 'float32' | 'float16',
): Promise<number[]> {
  const model = probeModel(elementType);
  const session = await runtime.createSession(model, { device, allowCpuFallback: false });
  const x = runtime.allocate(elementType, [PROBE_LENGTH]);
  const y = runtime.allocate(elementType, [PROBE_LENGTH]);
  const binding = session.createBinding().bindInput('x', x).bindOutput('y', y);
  try {
    for (let index = 0; index < PROBE_LENGTH; index++) x.data[index] = index;
    await binding.run();
    return [...y.data];
  } finally {
    for (const object of [binding, x, y, session]) object.dispose();
  }
}
