import { type DeviceId } from '../device.js';
import { elementCount, type HostArray } from '../element-type.js';
import { DeviceUnavailableError, OrtError } from '../errors.js';
import { type OrtRuntime } from '../runtime.js';
import { attentionProbe, doublingProbe } from './probe-model.js';

/** What a device can do, or why it cannot be used and what to do about it. */
export type DeviceProbe =
  | {
      readonly usable: true;
      /** Whether it computes with 16-bit floats, as models with such activations or embeddings need. */
      readonly float16: boolean;
      /**
       * Whether attention of 32 and more tokens at once gives the right numbers. ONNX Runtime's WebGPU kernel for it
       * needs subgroups of 16, which software drivers do not have: fewer tokens a run are right there too.
       */
      readonly wideAttention: boolean;
      readonly wallMs: number;
    }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

interface Trial<T extends 'float32' | 'float16'> {
  readonly model: Uint8Array;
  readonly elementType: T;
  readonly dims: readonly number[];
  readonly x: HostArray<T>;
}

const UPDATE = "update the device's driver";
const [ATTENTION_TOKENS, ATTENTION_WIDTH] = [64, 16];
const LARGEST_DIFFERENCE = 1e-3;

/**
 * Makes tiny sessions on the device and runs them there. A driver that crashes takes the process with it: probe in a
 * process of its own.
 */
export async function probeDevice(runtime: OrtRuntime, device: DeviceId): Promise<DeviceProbe> {
  const startedAt = performance.now();
  try {
    const x = Float32Array.of(0, 1, 2, 3);
    const model = doublingProbe('float32', 4);
    const sums = await tryOut(runtime, device, { model, elementType: 'float32', dims: [4], x });
    const wallMs = performance.now() - startedAt;
    if (sums.some((sum, index) => sum !== 2 * index)) {
      return { usable: false, reason: `it computes [${sums.join(', ')}] as [0, 2, 4, 6]`, remedy: UPDATE };
    }
    const [float16, wideAttention] = [
      await hasFloat16(runtime, device),
      await hasWideAttention(runtime, device),
    ];
    return { usable: true, float16, wideAttention, wallMs };
  } catch (error) {
    if (error instanceof DeviceUnavailableError) {
      return { usable: false, reason: error.reason, remedy: error.remedy };
    }
    if (error instanceof OrtError) return { usable: false, reason: error.message, remedy: UPDATE };
    throw error;
  }
}

async function hasFloat16(runtime: OrtRuntime, device: DeviceId): Promise<boolean> {
  try {
    const model = doublingProbe('float16', 4);
    await tryOut(runtime, device, { model, elementType: 'float16', dims: [4], x: new Uint16Array(4) });
    return true;
  } catch (error) {
    if (error instanceof OrtError) return false;
    throw error;
  }
}

async function hasWideAttention(runtime: OrtRuntime, device: DeviceId): Promise<boolean> {
  const dims = [1, ATTENTION_TOKENS, ATTENTION_WIDTH];
  const x = Float32Array.from({ length: elementCount(dims) }, (_, index) => Math.sin(index * index));
  const model = attentionProbe(ATTENTION_TOKENS, ATTENTION_WIDTH);
  const given = await tryOut(runtime, device, { model, elementType: 'float32', dims, x });
  const expected = attend(x);
  return given.every((value, index) => Math.abs(value - (expected[index] ?? NaN)) < LARGEST_DIFFERENCE);
}

/** Attention of the rows of `x` to each other: softmax(x xᵀ / √width) x. */
function attend(x: Float32Array): Float32Array {
  const row = (index: number): Float32Array =>
    x.subarray(index * ATTENTION_WIDTH, (index + 1) * ATTENTION_WIDTH);
  const result = new Float32Array(x.length);
  for (let query = 0; query < ATTENTION_TOKENS; query++) {
    const weights = Array.from({ length: ATTENTION_TOKENS }, (_, key) => {
      const product = row(query).reduce((sum, value, column) => sum + value * (row(key)[column] ?? NaN), 0);
      return Math.exp(product / Math.sqrt(ATTENTION_WIDTH));
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let column = 0; column < ATTENTION_WIDTH; column++) {
      const mixed = weights.reduce((sum, weight, key) => sum + weight * (row(key)[column] ?? NaN), 0);
      result[query * ATTENTION_WIDTH + column] = mixed / total;
    }
  }
  return result;
}

/** Runs a model from `x` to `y`, wholly on the device. */
async function tryOut<T extends 'float32' | 'float16'>(
  runtime: OrtRuntime,
  device: DeviceId,
  { model, elementType, dims, x }: Trial<T>,
): Promise<HostArray<T>> {
  const session = await runtime.createSession(model, { device, allowCpuFallback: false });
  const input = runtime.tensorOf(elementType, dims, x);
  const output = runtime.allocate(elementType, dims);
  const binding = session.createBinding().bindInput('x', input).bindOutput('y', output);
  try {
    await binding.run();
    return output.data;
  } finally {
    for (const object of [binding, input, output, session]) object.dispose();
  }
}
