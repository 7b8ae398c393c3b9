import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
} from './generated/onnx_pb.js';

/** `{ int: 1 }` and so on: JavaScript numbers do not say whether ONNX wants an integer or a float. */
export type AttributeValue =
  { int: number } | { float: number } | { string: string } | { ints: readonly number[] };

export type Attributes = Readonly<Record<string, AttributeValue>>;

export function encodeAttributes(attributes: Attributes): AttributeProto[] {
  return Object.entries(attributes).map(([name, value]) =>
    create(AttributeProtoSchema, { name, ...encode(value) }),
  );
}

function encode(value: AttributeValue): Partial<Pick<AttributeProto, 'type' | 'i' | 'f' | 's' | 'ints'>> {
  if ('int' in value) return { type: AttributeProto_AttributeType.INT, i: BigInt(value.int) };
  if ('float' in value) return { type: AttributeProto_AttributeType.FLOAT, f: value.float };
  if ('string' in value) {
    return { type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(value.string) };
  }
  return { type: AttributeProto_AttributeType.INTS, ints: value.ints.map(BigInt) };
}
