export { Engine, type EngineOptions } from './engine.js';
export * from './errors.js';
export {
  type GenerationImage,
  type GenerationRequest,
  type GenerationResult,
  type GenerationTimings,
} from './generation.js';
export { type PlannedPrompt } from './plan-prompt.js';
