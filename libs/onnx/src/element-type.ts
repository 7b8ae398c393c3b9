/** ONNX's numbers for element types (`TensorProto.DataType`). */
export const ONNX_ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;

export type OnnxElementType = keyof typeof ONNX_ELEMENT_TYPES;

const ELEMENT_BYTES: Record<OnnxElementType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
};

/** Bytes that a tensor of this type and shape takes. */
export function tensorBytes(elementType: OnnxElementType, dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, ELEMENT_BYTES[elementType]);
}
