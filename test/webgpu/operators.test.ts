import { OrtRuntime } from '@tessera/ort';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorGraph } from './operator-graph.js';
import { OPERATORS } from './operators.js';

describe('an operator of our graphs', () => {
  let runtime: OrtRuntime;
  beforeAll(() => {
    runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false });
  });
  afterAll(() => runtime.dispose());

  for (const { operator, form, place, emit, largestDifference = 1e-5 } of OPERATORS) {
    it(`${operator} (${form}) runs on the ${place} and equals the CPU`, async () => {
      const graph = new OperatorGraph();
      emit(graph);
      const cpu = await graph.run(runtime, operator, { device: 'cpu' });
      const webgpu = await graph.run(runtime, operator, { device: 'webgpu' });
      const provider = place === 'device' ? 'WebGpuExecutionProvider' : 'CPUExecutionProvider';
      expect([...webgpu.places]).toEqual([provider]);
      const largest = Math.max(...cpu.values.map(Math.abs));
      const differences = webgpu.values.map((value, index) => Math.abs(value - (cpu.values[index] ?? NaN)));
      expect(largest).toBeGreaterThan(0);
      expect(Math.max(...differences) / largest).toBeLessThan(largestDifference);
    });
  }
});
