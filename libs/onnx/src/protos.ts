import { create } from '@bufbuild/protobuf';
import { ONNX_ELEMENT_TYPES, type OnnxElementType } from './element-type.js';
import {
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.js';

export function valueInfo(
  name: string,
  elementType: OnnxElementType,
  dims: readonly (number | string)[],
): ValueInfoProto {
  const dim = dims.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  const tensorType = { elemType: ONNX_ELEMENT_TYPES[elementType], shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensorType } } });
}

export function tensorProto(
  name: string,
  elementType: OnnxElementType,
  dims: readonly number[],
  rawData: Uint8Array,
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: ONNX_ELEMENT_TYPES[elementType],
    dims: dims.map(BigInt),
    rawData,
  });
}

/** An initializer whose bytes are in another file of the model's directory. */
export function externalTensorProto(
  tensor: { name: string; elementType: OnnxElementType; dims: readonly number[] },
  place: { file: string; offsetBytes: number; lengthBytes: number },
): TensorProto {
  return create(TensorProtoSchema, {
    name: tensor.name,
    dataType: ONNX_ELEMENT_TYPES[tensor.elementType],
    dims: tensor.dims.map(BigInt),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: place.file },
      { key: 'offset', value: String(place.offsetBytes) },
      { key: 'length', value: String(place.lengthBytes) },
    ],
  });
}
