/** ONNX's numbers for element types (`TensorProto.DataType`). */
export const ONNX_ELEMENT_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 } as const;

export type OnnxElementType = keyof typeof ONNX_ELEMENT_TYPES;
