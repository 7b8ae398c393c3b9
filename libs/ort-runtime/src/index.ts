export { CUDA_BUILDS } from './builds/cuda.js';
export { chooseBuild } from './choose-build.js';
export * from './errors.js';
export {
  findRuntimeLibrary,
  inspectRuntime,
  type RuntimeLibrary,
  type RuntimeState,
} from './installed-runtime.js';
export {
  type InstalledRuntime,
  type InstallObserver,
  type InstallOptions,
  type InstallPlan,
  installRuntime,
} from './install-runtime.js';
export { DEFAULT_INDEX_URL } from './package-index.js';
export { type PinnedWheel, platformOf, type RuntimeBuild, sizesOf, type WheelFile } from './runtime-build.js';
