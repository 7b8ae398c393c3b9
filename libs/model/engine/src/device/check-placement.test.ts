import { DEVICES, type NodePlacement } from '@tessera/ort';
import { describe, expect, it } from 'vitest';
import { DeviceLacksOperatorsError } from '../errors.js';
import { checkPlacement } from './check-placement.js';

const node = (operator: string, provider: string): NodePlacement => ({ node: operator, operator, provider });
const [CPU, WEBGPU] = ['CPUExecutionProvider', 'WebGpuExecutionProvider'];
const session = (id: 'cpu' | 'webgpu', ...nodes: NodePlacement[]) => ({
  device: DEVICES[id],
  placement: () => nodes,
});

describe('checkPlacement', () => {
  it('names what carries weights or cache and is left to the CPU', () => {
    const nodes = [node('MatMul', WEBGPU), node('GroupQueryAttention', CPU), node('Shape', CPU)];
    const check = (): void => checkPlacement(session('webgpu', ...nodes), 'decoder.onnx');
    expect(check).toThrow(DeviceLacksOperatorsError);
    expect(check).toThrow('device webgpu cannot compute GroupQueryAttention of decoder.onnx');
  });

  it('takes shapes on the CPU, and everything there when it is the device', () => {
    const nodes = [node('Shape', CPU), node('MatMul', WEBGPU)];
    expect(() => checkPlacement(session('webgpu', ...nodes), 'vision.onnx')).not.toThrow();
    expect(() => checkPlacement(session('cpu', node('MatMul', CPU)), 'vision.onnx')).not.toThrow();
  });
});
