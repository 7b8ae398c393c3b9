import { type ModelReference } from '@tessera/contracts';
import { type ExistingRow } from './row-text.js';

/** What a row must have been made with to count. */
export interface RowIdentity {
  readonly prompt: string;
  readonly model: ModelReference;
}

/**
 * Which images an existing output leaves nothing to do for. Rows of another prompt, model or revision do not count; of
 * several rows of one image the newest does.
 */
export class FinishedImages {
  private readonly completedByKey = new Map<string, boolean>();

  constructor(
    private readonly identity: RowIdentity,
    private readonly options: { retryFailed: boolean },
  ) {}

  /** Takes note of a row; rows come oldest first. */
  add(row: ExistingRow): void {
    const { prompt, model } = this.identity;
    if (row.prompt !== prompt || row.model !== model.id || row.model_revision !== model.revision) return;
    this.completedByKey.set(row.key, row.status !== 'failed');
  }

  has(key: string): boolean {
    const completed = this.completedByKey.get(key);
    return completed === true || (completed === false && !this.options.retryFailed);
  }
}
