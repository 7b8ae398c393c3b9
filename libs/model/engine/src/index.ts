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
export { type MemoryPlan, planMemory } from './plan-memory.js';
export { type PlannedPrompt } from './plan-prompt.js';
export { type Priority } from './policy/priority.js';
export { PriorityLimit } from './priority-limit.js';
export { Candidates } from './sampling/candidates.js';
export { GenerationParameterError, LogitsNotFiniteError } from './sampling/errors.js';
export { LogProbabilities } from './sampling/log-probabilities.js';
export { resolveSampling, type SamplingParams } from './sampling/sampling-params.js';
export { TokenSampler } from './sampling/token-sampler.js';
export { type WatchdogOptions } from './watchdog.js';
