import { ELEMENT_TYPES } from '../element-type.js';

/** Length-delimited protobuf field. */
function field(number: number, ...parts: (Uint8Array | string)[]): Uint8Array {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Uint8Array.from([(number << 3) | 2, content.length, ...content]);
}

/** Integer protobuf field. */
function integer(number: number, value: number): Uint8Array {
  return Uint8Array.from([number << 3, value]);
}

export const PROBE_LENGTH = 4;

/** The smallest model that computes something: y = x + x over floats [4], as the bytes of an ONNX file. */
export function probeModel(elementType: 'float32' | 'float16'): Uint8Array {
  const vector = (fieldNumber: number, name: string): Uint8Array => {
    const shape = field(2, field(1, integer(1, PROBE_LENGTH)));
    const type = field(1, integer(1, ELEMENT_TYPES[elementType].onnx), shape);
    return field(fieldNumber, field(1, name), field(2, type));
  };
  const node = field(1, field(1, 'x'), field(1, 'x'), field(2, 'y'), field(4, 'Add'));
  const graph = field(7, node, field(2, 'probe'), vector(11, 'x'), vector(12, 'y'));
  const [irVersion, opset] = [integer(1, 9), field(8, integer(2, 20))];
  return Buffer.concat([irVersion, graph, opset]);
}
