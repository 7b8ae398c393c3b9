export { Binding } from './binding.js';
export { CPU_DEVICE, type Device } from './device.js';
export { ELEMENT_TYPES, elementCount, type ElementType, type HostArray } from './element-type.js';
export * from './errors.js';
export { OrtRuntime, type RuntimeOptions } from './runtime.js';
export { Session, type SessionOptions } from './session.js';
export { allocateHostArray, Tensor } from './tensor.js';
