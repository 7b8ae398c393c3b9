import { ELEMENT_TYPES } from '../element-type.js';

type Bytes = Uint8Array;
type ProbeType = 'float32' | 'float16';

const INT_ATTRIBUTE = 2;

/** Bytes of a protobuf number. */
function varint(value: number): Bytes {
  return value < 128
    ? Uint8Array.of(value)
    : Uint8Array.of((value & 127) | 128, ...varint(Math.floor(value / 128)));
}

function integer(fieldNumber: number, value: number): Bytes {
  return Uint8Array.of(...varint(fieldNumber << 3), ...varint(value));
}

/** A protobuf field of text, bytes or other fields. */
function field(fieldNumber: number, ...parts: (Bytes | string)[]): Bytes {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Uint8Array.of(...varint((fieldNumber << 3) | 2), ...varint(content.length), ...content);
}

function tensor(fieldNumber: number, name: string, elementType: ProbeType, dims: readonly number[]): Bytes {
  const shape = field(2, ...dims.map((dim) => field(1, integer(1, dim))));
  const type = field(1, integer(1, ELEMENT_TYPES[elementType].onnx), shape);
  return field(fieldNumber, field(1, name), field(2, type));
}

/** An ONNX file of one node that makes `y` of `x`, both of these dims. */
function model(node: Bytes, elementType: ProbeType, dims: readonly number[]): Bytes {
  const values = [tensor(11, 'x', elementType, dims), tensor(12, 'y', elementType, dims)];
  const graph = field(7, node, field(2, 'probe'), ...values);
  const opsets = [field(8, integer(2, 20)), field(8, field(1, 'com.microsoft'), integer(2, 1))];
  return Buffer.concat([integer(1, 9), graph, ...opsets]);
}

/** y = x + x over [length]: the smallest model that computes something. */
export function doublingProbe(elementType: ProbeType, length: number): Bytes {
  const node = field(1, field(1, 'x'), field(1, 'x'), field(2, 'y'), field(4, 'Add'));
  return model(node, elementType, [length]);
}

/** Attention of one head of `x` [1, tokens, width] to itself. */
export function attentionProbe(tokens: number, width: number): Bytes {
  const heads = field(5, field(1, 'num_heads'), integer(3, 1), integer(20, INT_ATTRIBUTE));
  const inputs = ['x', 'x', 'x'].map((name) => field(1, name));
  const [operator, domain] = [field(4, 'MultiHeadAttention'), field(7, 'com.microsoft')];
  return model(field(1, ...inputs, field(2, 'y'), operator, heads, domain), 'float32', [1, tokens, width]);
}
