export type * from './output.js';
export type * from './row.js';
export type * from './source.js';
export type { AnswerStore } from './answers/answer-store.js';
export { ResultCache, type ResultCacheOptions } from './answers/result-cache.js';
export * from './outputs/errors.js';
export { openOutput, openOutputIn } from './outputs/open-output.js';
export { type OutputOptions, type SidecarOptions } from './outputs/output-options.js';
export { type FilledPrompt, fillPrompt } from './prompts/fill-prompt.js';
export * from './prompts/errors.js';
export { parsePrompt, type PromptPart, type PromptTemplate } from './prompts/parse-prompt.js';
export { type CaptionShape, shapeCaption } from './prompts/shape-caption.js';
export * from './sources/errors.js';
export { IMAGE_EXTENSIONS } from './sources/forms.js';
export { openSource } from './sources/open-source.js';
export { placeName } from './sources/place-name.js';
export { type PlaceReading, type ReadablePlace, readPlace } from './sources/bytes/read-place.js';
export {
  IMAGE_COLUMNS,
  type ListForm,
  type OpenedSource,
  type SourceOptions,
} from './sources/source-options.js';
export type { AskOutcome, Caption } from './run/answer.js';
export type { AskedImage, Asker } from './run/asker.js';
export * from './run/errors.js';
export { estimateRun, type EstimateOptions, type RunEstimate } from './run/estimate-run.js';
export { openOutputOf, openOutputRoom, type OutputRoom } from './run/output-room.js';
export { runDataset, type RunEnding } from './run/run-dataset.js';
export { doneRows, newRunFacts, type RunFacts, workedRows } from './run/run-facts.js';
export { DEFAULT_SHARD_ROWS, type DatasetRunOptions } from './run/run-options.js';
export type { RunParameters } from './run/row-identity.js';
export type { RunStatePlace } from './run/run-state.js';
export type { Selection } from './run/select-records.js';
