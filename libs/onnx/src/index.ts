export { type Attributes, type AttributeValue } from './attributes.js';
export { ONNX_ELEMENT_TYPES, type OnnxElementType } from './element-type.js';
export {
  type Dimension,
  DuplicateValueError,
  type ExternalWeight,
  GraphBuilder,
  MICROSOFT_DOMAIN,
  type NodeOptions,
  type Value,
} from './graph-builder.js';
export { encodeModel, writeModel, type WriteProgress } from './model-writer.js';
