/** Element types of tensors, with ONNX's number for each (`TensorProto.DataType`). */
export const ELEMENT_TYPES = {
  float32: { onnx: 1, bytes: 4, array: Float32Array },
  uint8: { onnx: 2, bytes: 1, array: Uint8Array },
  int32: { onnx: 6, bytes: 4, array: Int32Array },
  int64: { onnx: 7, bytes: 8, array: BigInt64Array },
  /** As bits: JavaScript has no numbers of this type. */
  float16: { onnx: 10, bytes: 2, array: Uint16Array },
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

interface HostArrays {
  float32: Float32Array;
  uint8: Uint8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  float16: Uint16Array;
}

/** The typed array that holds elements of a type. */
export type HostArray<T extends ElementType> = HostArrays[T];

/** Elements in a tensor of this shape. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
