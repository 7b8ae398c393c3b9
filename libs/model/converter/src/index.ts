export { Checkpoint } from './checkpoint/checkpoint.js';
export { convertModel, type ConvertOptions } from './convert.js';
export { describeModel, type ModelDescription } from './describe-model.js';
export { ensureConvertedModel, type EnsureOptions } from './ensure-converted-model.js';
export * from './errors/index.js';
export { type WeightOptions } from './formats/choose-formats.js';
export { MANIFEST_FILE, type ModelManifest, readManifest } from './manifest.js';
export { type ConversionProgress } from './write-conversion.js';
