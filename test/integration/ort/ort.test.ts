import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DisposedError,
  OrtError,
  OrtRuntime,
  type Session,
  type Tensor,
  TensorRowsError,
  TensorShapeError,
} from '@tessera/ort';
import { temporaryDirectory } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attentionModel, doublingModel, powerModel } from './graphs.js';

const floats = (...values: number[]): Float32Array => Float32Array.from(values);
const ROW = floats(1, 2, 3, 4);

describe('ONNX Runtime', () => {
  let runtime: OrtRuntime;
  let handlesBefore: number;

  beforeAll(() => {
    runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false });
  });
  afterAll(() => runtime.dispose());
  beforeEach(() => {
    handlesBefore = runtime.liveHandleCount;
  });
  afterEach(() => {
    // Every test disposes what it makes: what is left over leaked.
    expect(runtime.liveHandleCount).toBe(handlesBefore);
  });

  async function withSession(
    model: Uint8Array | string,
    use: (session: Session) => Promise<void>,
  ): Promise<void> {
    const session = await runtime.createSession(model);
    try {
      await use(session);
    } finally {
      session.dispose();
    }
  }

  async function withTensors<T extends { dispose(): void }[]>(
    tensors: [...T],
    use: (...tensors: NoInfer<T>) => Promise<void>,
  ): Promise<void> {
    try {
      await use(...tensors);
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  }

  const rowPair = (): [Tensor<'float32'>, Tensor<'float32'>] => [
    runtime.tensorOf('float32', [1, 4], ROW),
    runtime.allocate('float32', [1, 4]),
  ];

  it('is the version that onnxruntime-node ships', () => {
    expect(runtime.version).toMatch(/^1\.30\./);
  });

  it('runs a graph from memory and from a file, and names its inputs and outputs', async () => {
    const directory = await temporaryDirectory();
    const file = path.join(directory.path, 'model.onnx');
    await writeFile(file, doublingModel());
    for (const model of [doublingModel(), file]) {
      await withSession(model, async (session) => {
        expect(session.inputNames).toEqual(['x']);
        expect(session.outputNames).toEqual(['y']);
        await withTensors(rowPair(), async (x, y) => {
          const binding = session.createBinding().bindInput('x', x).bindOutput('y', y);
          await binding.run();
          expect([...y.data]).toEqual([2, 4, 6, 8]);
          binding.dispose();
        });
      });
    }
    await directory.remove();
  });

  it('reads bound memory anew at every run, and may write an output over its input', async () => {
    await withSession(doublingModel(), async (session) => {
      await withTensors([runtime.tensorOf('float32', [1, 4], ROW)], async (x) => {
        const binding = session.createBinding().bindInput('x', x).bindOutput('y', x);
        await binding.run();
        await binding.run();
        expect([...x.data]).toEqual([4, 8, 12, 16]);
        x.data.fill(1);
        await binding.run();
        expect([...x.data]).toEqual([2, 2, 2, 2]);
        binding.dispose();
      });
    });
  });

  it('extends a KV cache in place: the rest of the buffer keeps its bytes', async () => {
    await withSession(attentionModel(), async (session) => {
      const key = runtime.allocate('float32', [1, 2, 8, 16]);
      const value = runtime.allocate('float32', [1, 2, 8, 16]);
      key.data.fill(7);
      value.data.fill(7);
      const step = {
        query: runtime.tensorOf('float32', [1, 1, 32], new Float32Array(32).fill(1)),
        key: runtime.tensorOf('float32', [1, 1, 32], new Float32Array(32).fill(2)),
        value: runtime.tensorOf('float32', [1, 1, 32], new Float32Array(32).fill(3)),
        last: runtime.tensorOf('int32', [1], Int32Array.of(2)),
        total: runtime.tensorOf('int32', [], Int32Array.of(3)),
        context: runtime.allocate('float32', [1, 1, 32]),
      };
      await withTensors([key, value, ...Object.values(step)], async () => {
        const binding = session
          .createBinding()
          .bindInput('query', step.query)
          .bindInput('key', step.key)
          .bindInput('value', step.value)
          .bindInput('past_key', key)
          .bindInput('past_value', value)
          .bindInput('last_positions', step.last)
          .bindInput('total_length', step.total)
          .bindOutput('context', step.context)
          .bindOutput('present_key', key)
          .bindOutput('present_value', value);
        await binding.run();
        const firstOfPosition = Array.from({ length: 8 }, (_, position) => key.data[position * 16]);
        expect(firstOfPosition).toEqual([7, 7, 2, 7, 7, 7, 7, 7]);
        expect(value.data.filter((entry) => entry === 3)).toHaveLength(32);
        binding.dispose();
      });
    });
  });

  it('keeps its library and the memory of small tensors in place while garbage is collected', async () => {
    await withSession(doublingModel(), async (session) => {
      const pairs = Array.from({ length: 200 }, (_, index) => {
        const x = runtime.tensorOf('float32', [1, 4], floats(index, 0, 0, 0));
        const y = runtime.allocate('float32', [1, 4]);
        return { x, y, binding: session.createBinding().bindInput('x', x).bindOutput('y', y) };
      });
      for (let round = 0; round < 50; round++) Array.from({ length: 20_000 }, () => new Float32Array(4));
      for (const { binding } of pairs) await binding.run();
      expect(pairs.map(({ y }) => y.data[0])).toEqual(pairs.map((_, index) => 2 * index));
      for (const { x, y, binding } of pairs) for (const item of [binding, x, y]) item.dispose();
    });
  });

  it('says what ONNX Runtime says of a wrong name, type and shape, and can go on after it', async () => {
    await withSession(doublingModel(), async (session) => {
      const wrong = runtime.allocate('float32', [1, 5]);
      const wrongType = runtime.allocate('int64', [1, 4]);
      const [x, y] = rowPair();
      await withTensors([x, y, wrong, wrongType], async () => {
        const misnamed = session.createBinding();
        expect(() => misnamed.bindInput('z', x)).toThrow(OrtError);
        expect(() => misnamed.bindInput('z', x)).toThrow('Failed to find input name in the mapping: z');
        misnamed.dispose();
        const binding = session.createBinding().bindOutput('y', y);
        await expect(binding.bindInput('x', wrongType).run()).rejects.toThrow(/data type/i);
        const failure = binding.bindInput('x', wrong).run();
        await expect(failure).rejects.toMatchObject({
          functionName: 'RunWithBinding',
          code: 'engine_failed',
          ortMessage: expect.stringMatching(/invalid dimensions for input: x/) as string,
        });
        await binding.bindInput('x', x).run();
        expect([...y.data]).toEqual([2, 4, 6, 8]);
        binding.dispose();
      });
    });
  });

  it('refuses a file that is absent and bytes that are no model', async () => {
    await expect(runtime.createSession('/nowhere/model.onnx')).rejects.toThrow(/nowhere/);
    await expect(runtime.createSession(new Uint8Array(100).fill(255))).rejects.toThrow(OrtError);
  });

  it('refuses memory of the wrong size, rows that a tensor lacks, and a use after dispose', () => {
    expect(() => runtime.tensorOf('float32', [2, 4], ROW)).toThrow(TensorShapeError);
    const tensor = runtime.allocate('float32', [3, 4]);
    expect(() => tensor.rows(2, 2)).toThrow(TensorRowsError);
    expect(() => tensor.rows(-1, 1)).toThrow(TensorRowsError);
    tensor.dispose();
    tensor.dispose();
    expect(() => tensor.pointer).toThrow(DisposedError);
  });

  it('can be disposed twice, and refuses to run afterwards', async () => {
    const session = await runtime.createSession(doublingModel());
    const binding = session.createBinding();
    binding.dispose();
    binding.dispose();
    await expect(binding.run()).rejects.toThrow(DisposedError);
    session.dispose();
    session.dispose();
    expect(() => session.createBinding()).toThrow(DisposedError);
  });

  it('finishes a run whose session, binding and tensors are disposed under it', async () => {
    const session = await runtime.createSession(powerModel(200, 100));
    const x = runtime.allocate('float32', [200, 200]);
    x.data.fill(1);
    const y = runtime.allocate('float32', [200, 200]);
    const binding = session.createBinding().bindInput('x', x).bindOutput('y', y);
    const run = binding.run();
    for (const object of [session, binding, x, y]) object.dispose();
    expect(runtime.liveHandleCount).toBeGreaterThan(handlesBefore);
    await run;
    expect(y.data.every((entry) => Math.abs(entry - 1) < 1e-3)).toBe(true);
  });

  it('leaves the event loop free during a run, and stops it when the signal aborts', async () => {
    await withSession(powerModel(400, 2000), async (session) => {
      const pair = [
        runtime.allocate('float32', [400, 400]),
        runtime.allocate('float32', [400, 400]),
      ] as const;
      await withTensors([...pair], async () => {
        const binding = session.createBinding().bindInput('x', pair[0]).bindOutput('y', pair[1]);
        const controller = new AbortController();
        const startedAt = performance.now();
        let settled = false;
        const run = binding.run(controller.signal).finally(() => (settled = true));
        const stopped = expect(run).rejects.toThrow('not needed');
        for (let turn = 0; turn < 5; turn++) await delay(2);
        expect(settled).toBe(false);
        const abortedAfterMs = performance.now() - startedAt;
        controller.abort(new Error('not needed'));
        await stopped;
        await binding.run();
        const wholeRunMs = performance.now() - startedAt - abortedAfterMs;
        expect(wholeRunMs).toBeGreaterThan(5 * abortedAfterMs);
        await expect(binding.run(AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
        binding.dispose();
      });
    });
  });
});
