import {
  type AnyTensor,
  DeviceUnavailableError,
  DeviceViewError,
  type ElementType,
  OrtError,
  OrtRuntime,
  probeDevice,
  TensorCopyError,
  TensorShapeError,
} from '@tessera/ort';
import { randomNumbers } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { doublingModel, powerModel } from '../integration/ort/graphs.js';
import { integerModel, moveRowModel } from './graphs.js';

const WEBGPU = { device: 'webgpu', allowCpuFallback: false } as const;
const floats = (...values: number[]): Float32Array => Float32Array.from(values);
const count = (length: number): Float32Array => Float32Array.from({ length }, (_, index) => index);

describe('a session on WebGPU', () => {
  let runtime: OrtRuntime;
  let handlesBefore: number;

  beforeAll(() => {
    runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false });
  });
  afterAll(() => {
    runtime.dispose();
    expect(runtime.liveHandleCount).toBe(0);
  });
  beforeEach(() => {
    handlesBefore = runtime.liveHandleCount;
  });
  afterEach(() => {
    // Every test disposes what it makes: what is left over leaked.
    expect(runtime.liveHandleCount).toBe(handlesBefore);
  });

  it('is usable by what the library offers and by what a probe computes', async () => {
    expect(runtime.availableProviders).toContain('WebGpuExecutionProvider');
    // The software driver has no 16-bit floats, and subgroups of 4.
    expect(await probeDevice(runtime, 'webgpu')).toMatchObject({
      usable: true,
      float16: false,
      wideAttention: false,
    });
    expect(await probeDevice(runtime, 'cpu')).toMatchObject({
      usable: true,
      float16: true,
      wideAttention: true,
    });
  });

  it('computes what the CPU computes, from and to process memory', async () => {
    const random = randomNumbers(1);
    const x = runtime.allocate('float32', [60, 60]);
    for (let index = 0; index < x.data.length; index++) x.data[index] = random();
    const results: Float32Array[] = [];
    for (const options of [WEBGPU, {}]) {
      const session = await runtime.createSession(powerModel(60, 3), options);
      const y = runtime.allocate('float32', [60, 60]);
      const binding = session.createBinding().bindInput('x', x).bindOutput('y', y);
      await binding.run();
      results.push(y.data);
      for (const object of [binding, y, session]) object.dispose();
    }
    x.dispose();
    const [webgpu, cpu] = results as [Float32Array, Float32Array];
    expect(Math.max(...cpu)).toBeGreaterThan(0.05);
    expect(Math.max(...webgpu.map((value, index) => Math.abs(value - (cpu[index] ?? NaN))))).toBeLessThan(
      1e-6,
    );
  });

  it('runs in place on device memory, and reads process memory anew at every run', async () => {
    const session = await runtime.createSession(doublingModel(), { ...WEBGPU, recordPlacement: true });
    expect(session.placement()).toEqual([
      { provider: 'WebGpuExecutionProvider', operator: 'Mul', node: 'y' },
    ]);
    expect(session.inputMemoryKinds.get('x')).toBe('device');
    const resident = await runtime.allocateOn(session, 'float32', [2, 4]);
    expect(resident.memoryKind).toBe('device');
    await runtime.upload(count(8), resident);
    const inPlace = session.createBinding().bindInput('x', resident).bindOutput('y', resident);
    await inPlace.run();
    await inPlace.run();
    expect(await runtime.download(resident)).toEqual(count(8).map((value) => 4 * value));
    const host = runtime.tensorOf('float32', [2, 4], count(8));
    const fromHost = session.createBinding().bindInput('x', host).bindOutput('y', resident);
    for (const value of [1, 5]) {
      host.data.fill(value);
      await fromHost.run();
      expect(await runtime.download(resident)).toEqual(new Float32Array(8).fill(2 * value));
    }
    for (const object of [host, inPlace, fromHost, resident, session]) object.dispose();
  });

  it.each<[ElementType, number[], number]>([
    ['float32', [3, 5], 15],
    ['float16', [7], 7],
    ['int32', [1], 1],
    ['int64', [3, 1], 3],
    ['uint8', [3, 3], 9],
    ['float32', [0, 4], 0],
  ])(
    'carries %s %j there and back, and from one device tensor to another',
    async (elementType, dims, length) => {
      const session = await runtime.createSession(doublingModel(), WEBGPU);
      const values = runtime.allocate(elementType, dims);
      for (let index = 0; index < length; index++) {
        values.data[index] = elementType === 'int64' ? BigInt(index + 1) : index + 1;
      }
      const [first, second] = [
        await runtime.allocateOn(session, elementType, dims),
        await runtime.allocateOn(session, elementType, dims),
      ];
      await runtime.copy(values, first);
      await runtime.copy(first, second);
      expect(await runtime.download(second)).toEqual(values.data);
      for (const object of [first, second, values, session]) object.dispose();
    },
  );

  it('has views of leading rows that share memory, and refuses views that begin later', async () => {
    const session = await runtime.createSession(doublingModel(), WEBGPU);
    const whole = await runtime.allocateOn(session, 'float32', [3, 4]);
    await runtime.upload(count(12), whole);
    const leading = whole.rows(0, 2);
    const binding = session.createBinding().bindInput('x', leading).bindOutput('y', leading);
    await binding.run();
    const doubled = count(12).map((value, index) => (index < 8 ? 2 * value : value));
    expect(await runtime.download(whole)).toEqual(doubled);
    expect(() => whole.rows(1, 2)).toThrow(DeviceViewError);
    // The memory is freed with the last view, whatever was disposed before.
    for (const object of [whole, binding, session]) object.dispose();
    const flat = leading.reshaped([8]);
    leading.dispose();
    expect(await runtime.download(flat)).toEqual(doubled.slice(0, 8));
    expect(() => flat.reshaped([3, 3])).toThrow(TensorShapeError);
    flat.dispose();
  });

  it('moves a row of a device tensor to another place by a graph, in place', async () => {
    const session = await runtime.createSession(moveRowModel(), WEBGPU);
    const cache = await runtime.allocateOn(session, 'float32', [4, 2, 3]);
    const staging = await runtime.allocateOn(session, 'float32', [1, 2, 3]);
    await runtime.upload(count(24), cache);
    await runtime.upload(
      count(6).map((value) => -value),
      staging,
    );
    const target = runtime.tensorOf('int64', [1, 1], BigInt64Array.of(2n));
    const binding = session
      .createBinding()
      .bindInput('cache', cache)
      .bindInput('row', staging)
      .bindInput('target', target)
      .bindOutput('updated', cache);
    await binding.run();
    const expected = count(24).map((value, index) => (index >= 12 && index < 18 ? 12 - index : value));
    expect((await runtime.download(cache)).map((value) => value + 0)).toEqual(
      expected.map((value) => value + 0),
    );
    for (const object of [binding, target, staging, cache, session]) object.dispose();
  });

  it('takes turns with other sessions, copies and allocations on the device', async () => {
    const [power, doubling] = await Promise.all([
      runtime.createSession(powerModel(64, 20), WEBGPU),
      runtime.createSession(doublingModel(), WEBGPU),
    ]);
    const work = Array.from({ length: 8 }, async (_, index) => {
      const session = index % 2 === 0 ? power : doubling;
      const dims = index % 2 === 0 ? [64, 64] : [16, 4];
      const x = await runtime.allocateOn(session, 'float32', dims);
      await runtime.upload(new Float32Array(dims[0]! * dims[1]!).fill(1), x);
      const binding = session.createBinding().bindInput('x', x).bindOutput('y', x);
      await binding.run();
      const result = await runtime.download(x);
      for (const object of [x, binding]) object.dispose();
      return result.every((value) => Math.abs(value - (index % 2 === 0 ? 1 : 2)) < 1e-3);
    });
    expect(await Promise.all(work)).toEqual(Array.from({ length: 8 }, () => true));
    power.dispose();
    doubling.dispose();
  });

  it('finishes a run whose session, binding and tensors are disposed under it, in any order', async () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const session = await runtime.createSession(doublingModel(), WEBGPU);
      const resident: AnyTensor<'float32'> = await runtime.allocateOn(session, 'float32', [1, 4]);
      const host = runtime.allocate('float32', [1, 4]);
      await runtime.upload(floats(1, 2, 3, 4), resident);
      const binding = session.createBinding().bindInput('x', resident).bindOutput('y', host);
      const run = binding.run();
      const objects = [session, binding, resident];
      for (const index of order) objects[index]?.dispose();
      await run;
      expect([...host.data]).toEqual([2, 4, 6, 8]);
      host.dispose();
      expect(runtime.liveHandleCount).toBe(handlesBefore);
    }
  });

  it('does not start a run whose signal aborts while it waits for its turn', async () => {
    const session = await runtime.createSession(doublingModel(), WEBGPU);
    const x = await runtime.allocateOn(session, 'float32', [1, 4]);
    await runtime.upload(floats(1, 2, 3, 4), x);
    const [first, second] = [session.createBinding(), session.createBinding()];
    for (const binding of [first, second]) binding.bindInput('x', x).bindOutput('y', x);
    const controller = new AbortController();
    const done = first.run();
    const refused = expect(second.run(controller.signal)).rejects.toThrow('not needed');
    controller.abort(new Error('not needed'));
    await Promise.all([done, refused]);
    expect(await runtime.download(x)).toEqual(floats(2, 4, 6, 8));
    for (const object of [first, second, x, session]) object.dispose();
  });

  it('says what is wrong with a name, a copy, a device that is not there and an operator that the device lacks', async () => {
    const session = await runtime.createSession(doublingModel(), WEBGPU);
    const [x, wrong] = [
      await runtime.allocateOn(session, 'float32', [1, 4]),
      runtime.allocate('float32', [1, 5]),
    ];
    const binding = session.createBinding();
    expect(() => binding.bindInput('z', x)).toThrow(OrtError);
    expect(() => binding.bindInput('z', wrong)).toThrow('Failed to find input name in the mapping: z');
    await expect(runtime.copy(wrong, x)).rejects.toThrow(TensorCopyError);
    await expect(runtime.upload(floats(1), x)).rejects.toThrow('needs 4 elements');
    const cuda = runtime.createSession(doublingModel(), { device: 'cuda' });
    await expect(cuda).rejects.toThrow(DeviceUnavailableError);
    await expect(cuda).rejects.toMatchObject({
      device: 'cuda',
      reason: expect.stringContaining('onnxruntime_providers_cuda') as string,
      remedy: expect.stringContaining('CUDA build of ONNX Runtime 1.30.') as string,
    });
    await expect(runtime.createSession(integerModel(), WEBGPU)).rejects.toThrow(
      /fallback to CPU EP has been explicitly disabled/,
    );
    for (const object of [binding, x, wrong, session]) object.dispose();
  });
});
