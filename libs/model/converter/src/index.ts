export { Checkpoint, type CheckpointTensor } from './checkpoint/checkpoint.js';
export { SafetensorsFile } from './checkpoint/safetensors-file.js';
export { toFloat32 } from './checkpoint/to-float32.js';
export { convertModel, type ConvertOptions } from './convert.js';
export { ensureConvertedModel, type EnsureOptions } from './ensure-converted-model.js';
export * from './errors.js';
export { describeModel, type ModelDescription } from './describe-model.js';
export { MANIFEST_FILE, type ModelManifest, type Precision, PRECISIONS, readManifest } from './manifest.js';
