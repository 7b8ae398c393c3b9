import { encodeModel, GraphBuilder } from '@tessera/onnx';
import { type AnyTensor, OrtRuntime, type Session, type Tensor } from '@tessera/ort';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KvCache } from '../kv-cache.js';
import { AddressableMemory } from './addressable-memory.js';
import { HostMemory } from './host-memory.js';
import { OpaqueMemory } from './opaque-memory.js';
import { type TensorMemory } from './tensor-memory.js';

/** Every kind of memory, over a session on the CPU, where their tensors can be read. */
const KINDS: Record<string, (runtime: OrtRuntime, session: Session) => TensorMemory> = {
  host: (runtime) => new HostMemory(runtime),
  addressable: (runtime, session) => new AddressableMemory(runtime, session),
  opaque: (runtime, session) => new OpaqueMemory(runtime, session),
};

function identityModel(): Uint8Array {
  const graph = new GraphBuilder('identity');
  graph.node('Identity', [graph.input('x', 'float32', [1])], { name: 'y' });
  graph.output('y', 'float32', [1]);
  return encodeModel(graph);
}

const valuesOf = (tensor: AnyTensor<'float32' | 'float16'>): number[] => [
  ...(tensor as Tensor<'float32'>).data,
];

describe.each(Object.keys(KINDS))('%s memory', (kind) => {
  let runtime: OrtRuntime;
  let session: Session;
  let memory: TensorMemory;

  beforeAll(async () => {
    runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false });
    session = await runtime.createSession(identityModel());
    memory = (KINDS[kind] as (typeof KINDS)[string])(runtime, session);
  });
  afterAll(async () => {
    memory.dispose();
    session.dispose();
    runtime.dispose();
    // Sessions that move rows are let go in a turn of their own.
    await new Promise(setImmediate);
    expect(runtime.liveHandleCount).toBe(0);
  });

  async function filled(rows: number, first: number): Promise<Tensor<'float32'>> {
    const tensor = (await memory.allocate('float32', [rows, 1, 2])) as Tensor<'float32'>;
    for (let index = 0; index < tensor.data.length; index++) tensor.data[index] = first + index;
    return tensor;
  }

  it('moves the same rows of every pair, and nothing else', async () => {
    const tensors = [await filled(3, 0), await filled(4, 100), await filled(3, 10), await filled(4, 200)];
    const [a, b, c, d] = tensors as [Tensor, Tensor, Tensor, Tensor];
    await memory.moveRows(
      [
        { from: a, to: b },
        { from: c, to: d },
      ],
      { first: 1, count: 2, target: 2 },
    );
    expect([...b.data]).toEqual([100, 101, 102, 103, 2, 3, 4, 5]);
    expect([...d.data]).toEqual([200, 201, 202, 203, 12, 13, 14, 15]);
    expect([...a.data]).toEqual([0, 1, 2, 3, 4, 5]);
    for (const tensor of tensors) tensor.dispose();
  });

  it('moves a row within one tensor', async () => {
    const tensor = await filled(3, 0);
    await memory.moveRows([{ from: tensor, to: tensor }], { first: 2, count: 1, target: 0 });
    expect([...tensor.data]).toEqual([4, 5, 2, 3, 4, 5]);
    tensor.dispose();
  });

  it('lets a run extend a slot of the KV cache in place, whatever the slot', async () => {
    const shape = { layerCount: 2, keyValueHeadCount: 1, headSize: 1, elementType: 'float32' } as const;
    const cache = await KvCache.allocate(memory, shape, { slotCount: 3, capacityTokens: 2 });
    const all = cache.firstRows(3);
    for (const { tensor } of all) (tensor as Tensor<'float32'>).data.set([1, 2, 3, 4, 5, 6]);
    for (const slot of [0, 2]) {
      await cache.extendSlot(slot, 1, async (row) => {
        expect(row.map(({ name }) => name)).toEqual(['0.key', '0.value', '1.key', '1.value']);
        for (const { tensor } of row) {
          const values = valuesOf(tensor);
          (tensor as Tensor<'float32'>).data.set([10 * (values[0] ?? NaN)], 1);
          tensor.dispose();
        }
      });
    }
    for (const { tensor } of all) expect(valuesOf(tensor)).toEqual([1, 10, 3, 4, 5, 50]);
    await cache.copySlot(2, 1, 2);
    for (const { tensor } of all) expect(valuesOf(tensor)).toEqual([1, 10, 5, 50, 5, 50]);
    for (const { tensor } of all) tensor.dispose();
    cache.dispose();
  });
});
