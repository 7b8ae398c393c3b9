export { defaultThreadCount } from './default-threads.js';
export { Engine } from './engine.js';
export { findViolations } from './engine-invariants.js';
export { type EngineOptions } from './engine-options.js';
export { type ClassSnapshot, type EngineSnapshot, type SequenceSnapshot } from './engine-snapshot.js';
export * from './errors.js';
export {
  type GenerationChoice,
  type GenerationImage,
  type GenerationRequest,
  type GenerationResult,
  type GenerationTimings,
  type LikelyToken,
  type TokenLogprob,
} from './generation.js';
export { type PlannedPrompt } from './plan-prompt.js';
export { GenerationParameterError, LogitsNotFiniteError } from './sampling/errors.js';
export { type SamplingParams } from './sampling/sampling-params.js';
export { type WatchdogOptions } from './watchdog.js';
