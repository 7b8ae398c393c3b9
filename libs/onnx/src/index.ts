export { type Attributes, type AttributeValue } from './attributes.js';
export { ONNX_ELEMENT_TYPES, type OnnxElementType, tensorBytes } from './element-type.js';
export {
  type Dimension,
  DuplicateValueError,
  type ExternalWeight,
  GraphBuilder,
  MICROSOFT_DOMAIN,
  type NodeOptions,
  type Value,
  type WeightLender,
} from './graph-builder.js';
export { encodeModel, writeModel, type WrittenFile } from './model-writer.js';
export { weightFileBytes, WeightLengthError, type WeightProgress } from './weight-file.js';
