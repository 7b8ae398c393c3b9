import { type Config } from '@tessera/config';
import { type OpenedSource, type PromptTemplate } from '@tessera/datasets';
import { type StatusLine } from '../terminal/status-line.js';
import { type CaptionOptions } from './caption-options.js';
import { type ImageReader } from './image-reader.js';

/** What a run of the command is about, once its arguments are read. */
export interface CaptionTask {
  readonly config: Config;
  readonly options: CaptionOptions;
  readonly source: OpenedSource;
  readonly prompts: readonly PromptTemplate[];
  readonly reader: ImageReader;
  readonly status: StatusLine;
}
