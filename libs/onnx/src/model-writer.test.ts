import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelProtoSchema } from './generated/onnx_pb.js';
import { type ExternalWeight, GraphBuilder } from './graph-builder.js';
import { writeModel } from './model-writer.js';

const weight = (name: string, values: readonly number[], dims = [values.length]): ExternalWeight => ({
  name,
  elementType: 'float32',
  dims,
  pieces: async function* () {
    yield new Uint8Array(Float32Array.from(values).buffer);
  },
});

describe('two graphs of one model', () => {
  let directory: string;
  const place = (name: string): string => path.join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tessera-onnx-'));
    const lender = new GraphBuilder('lender');
    lender.weight(weight('first', [1, 2]));
    lender.weight(weight('shared', [3, 4, 5]));
    lender.weight(weight('reshaped', [6, 7, 8, 9]));
    const borrower = new GraphBuilder('borrower', { graph: lender, modelName: 'lender' });
    borrower.weight(weight('own', [10]));
    borrower.weight(weight('shared', [3, 4, 5]));
    borrower.weight(weight('reshaped', [6, 7, 8, 9], [2, 2]));
    await writeModel(lender, directory, 'lender');
    await writeModel(borrower, directory, 'borrower');
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function weightsOf(
    model: string,
  ): Promise<Record<string, readonly [file: string, values: readonly number[]]>> {
    const { graph } = fromBinary(ModelProtoSchema, await readFile(place(`${model}.onnx`)));
    const entries = (graph?.initializer ?? []).map(async ({ name, externalData }) => {
      const facts = Object.fromEntries(externalData.map(({ key, value }) => [key, value]));
      const file = String(facts['location']);
      const bytes = new Uint8Array(await readFile(place(file))).buffer;
      const values = new Float32Array(bytes, Number(facts['offset']), Number(facts['length']) / 4);
      return [name, [file, [...values]]] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  it('keep a weight that both have once, and each what it alone has', async () => {
    expect(await weightsOf('lender')).toEqual({
      first: ['lender.onnx.data', [1, 2]],
      shared: ['lender.onnx.data', [3, 4, 5]],
      reshaped: ['lender.onnx.data', [6, 7, 8, 9]],
    });
    expect(await weightsOf('borrower')).toEqual({
      own: ['borrower.onnx.data', [10]],
      shared: ['lender.onnx.data', [3, 4, 5]],
      reshaped: ['borrower.onnx.data', [6, 7, 8, 9]],
    });
    expect((await stat(place('borrower.onnx.data'))).size).toBe(4096 + 16);
  });
});
