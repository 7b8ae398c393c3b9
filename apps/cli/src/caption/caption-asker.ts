import { type Asker } from '@tessera/datasets';

/** Who answers a run of the command line: a model in this process, or a service. */
export interface CaptionAsker extends Asker {
  /** Where the answers come from, for the summary. */
  readonly place: string;
  close(): Promise<void>;
}
