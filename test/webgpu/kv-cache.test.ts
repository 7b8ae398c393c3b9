import { type AnyTensor, OrtRuntime, type Session } from '@tessera/ort';
import { randomNumbers } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attentionModel } from '../integration/ort/graphs.js';

const [ROWS, HEADS, CAPACITY, HEAD_SIZE] = [3, 2, 8, 16];
const WIDTH = HEADS * HEAD_SIZE;
const ATTENTION_PARTS = ['query', 'key', 'value'] as const;

/** A KV cache of three rows on the session's device, extended in place. */
class ResidentCache {
  private constructor(
    private readonly runtime: OrtRuntime,
    private readonly session: Session,
    readonly key: AnyTensor<'float32'>,
    readonly value: AnyTensor<'float32'>,
  ) {}

  static async open(runtime: OrtRuntime, device: 'cpu' | 'webgpu'): Promise<ResidentCache> {
    const session = await runtime.createSession(attentionModel(), { device, allowCpuFallback: false });
    const dims = [ROWS, HEADS, CAPACITY, HEAD_SIZE];
    const filled = new Float32Array(ROWS * HEADS * CAPACITY * HEAD_SIZE).fill(7);
    const [key, value] = [
      await runtime.allocateOn(session, 'float32', dims),
      await runtime.allocateOn(session, 'float32', dims),
    ];
    await runtime.upload(filled, key);
    await runtime.upload(filled, value);
    return new ResidentCache(runtime, session, key, value);
  }

  /** Appends tokens of random numbers to the first rows. Row i's last token is at `lasts[i]`. */
  async append(lasts: readonly number[], sequence: number, seed: number): Promise<Float32Array> {
    const { runtime, session } = this;
    const random = randomNumbers(seed);
    const batch = lasts.length;
    const step = ATTENTION_PARTS.map((name) => {
      const tensor = runtime.allocate('float32', [batch, sequence, WIDTH]);
      for (let index = 0; index < tensor.data.length; index++) tensor.data[index] = random() - 0.5;
      return { name, tensor };
    });
    const rows = [this.key.rows(0, batch), this.value.rows(0, batch)] as const;
    const lastPositions = runtime.tensorOf('int32', [batch], Int32Array.from(lasts));
    const total = runtime.tensorOf('int32', [], Int32Array.of(Math.max(...lasts) + 1));
    const context = runtime.allocate('float32', [batch, sequence, WIDTH]);
    const binding = session.createBinding();
    for (const { name, tensor } of step) binding.bindInput(name, tensor);
    binding.bindInput('last_positions', lastPositions).bindInput('total_length', total);
    binding.bindInput('past_key', rows[0]).bindInput('past_value', rows[1]).bindOutput('context', context);
    await binding.bindOutput('present_key', rows[0]).bindOutput('present_value', rows[1]).run();
    const owned = [binding, ...step.map(({ tensor }) => tensor), ...rows, lastPositions, total, context];
    for (const object of owned) object.dispose();
    return context.data;
  }

  close(): void {
    for (const object of [this.key, this.value, this.session]) object.dispose();
  }
}

function largestDifference(ours: Float32Array, theirs: Float32Array): number {
  return Math.max(...ours.map((value, index) => Math.abs(value - (theirs[index] ?? NaN))));
}

describe('a KV cache in device buffers', () => {
  let runtime: OrtRuntime;
  beforeAll(() => {
    runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false });
  });
  afterAll(() => {
    runtime.dispose();
    expect(runtime.liveHandleCount).toBe(0);
  });

  it('stays there over a prefill in two chunks and decode steps of a growing batch, and equals the CPU', async () => {
    const cpu = await ResidentCache.open(runtime, 'cpu');
    const webgpu = await ResidentCache.open(runtime, 'webgpu');
    expect([cpu.key.memoryKind, webgpu.key.memoryKind]).toEqual(['host', 'device']);
    const steps: [readonly number[], number][] = [
      [[2], 3],
      [[4], 2],
      [[5, 0], 1],
      [[6, 1], 1],
      [[7, 2, 0], 1],
    ];
    for (const [seed, [lasts, sequence]] of steps.entries()) {
      const [expected, given] = [
        await cpu.append(lasts, sequence, seed),
        await webgpu.append(lasts, sequence, seed),
      ];
      expect(largestDifference(given, expected)).toBeLessThan(1e-6);
    }
    for (const part of ['key', 'value'] as const) {
      const [expected, given] = [await runtime.download(cpu[part]), await runtime.download(webgpu[part])];
      expect(given).toEqual(expected);
      // Row 2 has one token in each of its two heads: the rest is as it was.
      const row = given.subarray(2 * HEADS * CAPACITY * HEAD_SIZE);
      expect(row.filter((entry) => entry === 7)).toHaveLength(HEADS * (CAPACITY - 1) * HEAD_SIZE);
    }
    cpu.close();
    webgpu.close();
  });
});
