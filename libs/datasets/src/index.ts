export type * from './output.js';
export type * from './row.js';
export type * from './source.js';
export * from './outputs/errors.js';
export { openOutput, openOutputIn } from './outputs/open-output.js';
export {
  OUTPUT_FORMS,
  type OutputForm,
  type OutputOptions,
  type SidecarOptions,
} from './outputs/output-options.js';
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
  SOURCE_FORMS,
  type SourceForm,
  type SourceOptions,
} from './sources/source-options.js';
