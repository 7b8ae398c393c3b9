export { defaultThreadCount } from './default-threads.js';
export { Engine } from './engine.js';
export { findViolations } from './engine-invariants.js';
export { type EngineOptions } from './engine-options.js';
export { type ClassSnapshot, type EngineSnapshot, type SequenceSnapshot } from './engine-snapshot.js';
export * from './errors.js';
export {
  type GenerationImage,
  type GenerationRequest,
  type GenerationResult,
  type GenerationTimings,
} from './generation.js';
export { type PlannedPrompt } from './plan-prompt.js';
export { type WatchdogOptions } from './watchdog.js';
