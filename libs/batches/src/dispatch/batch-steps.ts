import { type BatchError, type BatchRecord, type EarlyEnd, type ErrorCode } from '@tessera/contracts';
import { contentKey, type FileStore, newFileId } from '@tessera/files';
import { type Logger } from '@tessera/observability';
import { type BatchLedger } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { partsPrefix } from '../chunk/part-files.js';
import { batchPrefix, writeEnd, writeInput } from '../store/batch-objects.js';
import { firstModel } from '../input/first-model.js';
import { validateInput } from '../input/validate-input.js';
import { closeChunks, ROWS_UNDER_WAY_MS } from './close-chunks.js';
import { makeOutputFiles } from './output-files.js';
import { failedLines } from './retry-input.js';

export interface BatchStepOptions {
  readonly ledger: BatchLedger;
  readonly objectStore: ObjectStore;
  readonly files: Pick<FileStore, 'get' | 'createFromStream'>;
  readonly maxLineBytes: number;
  /** Whether rows may name this model. */
  readonly isModelAvailable: (model: string) => Promise<boolean>;
  readonly logger: Logger;
  /** Time that rows under way get when their batch ends early. */
  readonly graceMs?: number;
}

/** The steps that take a batch as long as its files are: each may be cut off anywhere and done again. */
export class BatchSteps {
  constructor(private readonly options: BatchStepOptions) {}

  /** Reads the whole input: the batch runs, or fails with what is wrong. */
  async validate(batch: BatchRecord, signal: AbortSignal): Promise<void> {
    const { ledger, objectStore, maxLineBytes, logger } = this.options;
    const inputKey = await this.prepareInput(batch, signal);
    if (typeof inputKey !== 'string') return this.fail(batch, [inputKey], signal);
    const available = new Map<string, boolean>();
    // The model of the first row decides, and rows are read without pauses to ask: so it is asked before.
    const model = await firstModel(objectStore, inputKey, { maxLineBytes, signal });
    if (model !== undefined) available.set(model, await this.options.isModelAvailable(model));
    const isModelAvailable = (name: string): boolean => available.get(name) === true;
    const validation = await validateInput(objectStore, inputKey, { maxLineBytes, isModelAvailable }, signal);
    if (validation.kind === 'invalid') return this.fail(batch, validation.errors, signal);
    await writeInput(objectStore, batch.id, validation.input);
    const { total: rows } = validation.input;
    const outcome = await ledger.begin(batch.id, validation.input);
    if (outcome.kind === 'too_many_rows')
      return this.fail(batch, [tooManyRows(batch, rows, outcome.queuedRows)], signal);
    logger.info({ status: outcome.status, rows }, 'the batch is valid');
  }

  /** Puts the files of a batch together whose rows are all done. */
  async complete(batch: BatchRecord, signal: AbortSignal): Promise<void> {
    await this.makeFiles(batch, 'completed', signal);
  }

  /** Ends a batch early as soon as no worker has rows of it under way. */
  async endEarly(batch: BatchRecord & { earlyEnd: EarlyEnd }, signal: AbortSignal): Promise<void> {
    const { ledger, objectStore, graceMs = ROWS_UNDER_WAY_MS } = this.options;
    const left = await closeChunks(batch, { ledger, objectStore, graceMs });
    if (left === 0) await this.makeFiles(batch, batch.earlyEnd, signal);
  }

  /** Object of the rows of the batch; of one that repeats another, those that failed there. Or why there is none. */
  private async prepareInput(batch: BatchRecord, signal: AbortSignal): Promise<string | BatchError> {
    const { files, objectStore, ledger } = this.options;
    const inputKey = contentKey(batch.inputFileId);
    if ((await files.get(batch.inputFileId))?.ownerId !== batch.ownerId) {
      return invalidFile('file_id', `no file has the id ${JSON.stringify(batch.inputFileId)}`);
    }
    if (batch.retryOf === undefined) return inputKey;
    const errorFileId = (await ledger.getBatch(batch.retryOf))?.errorFileId;
    if (errorFileId === undefined || (await files.get(errorFileId)) === undefined) {
      return invalidFile('retry_of', `the error file of ${batch.retryOf} is gone`);
    }
    const errorKey = contentKey(errorFileId);
    const retriedKey = `${batchPrefix(batch.id)}input.jsonl`;
    await objectStore.putStream(retriedKey, failedLines(objectStore, { inputKey, errorKey }, signal), {
      signal,
    });
    return retriedKey;
  }

  private async fail(batch: BatchRecord, errors: readonly BatchError[], signal: AbortSignal): Promise<void> {
    const { id } = batch;
    const finishedAtMs = Date.now();
    const ended: BatchRecord = { ...batch, status: 'failed', errors: [...errors], finishedAtMs };
    // Another dispatcher may have brought it to another end.
    signal.throwIfAborted();
    await writeEnd(this.options.objectStore, ended);
    await this.options.ledger.fail(id, errors);
    // Messages quote what users wrote, which is no business of the log.
    const [first] = errors;
    this.options.logger.info(
      { errors: errors.length, code: first?.code, line: first?.line },
      'the input is not valid',
    );
  }

  private async makeFiles(
    { id }: BatchRecord,
    status: 'completed' | EarlyEnd,
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger, objectStore, files, logger } = this.options;
    const planned = await ledger.finalize(id, newFileId(), newFileId());
    // Only now is it certain that no chunk is cut any more.
    const batch = planned.kind === 'finalizing' ? await ledger.getBatch(id) : undefined;
    if (planned.kind !== 'finalizing' || batch === undefined) return;
    const made = await makeOutputFiles(batch, planned.files, { ledger, objectStore, files, signal });
    signal.throwIfAborted();
    await writeEnd(objectStore, { ...batch, ...made, status, finishedAtMs: Date.now() });
    await ledger.finish(id, status, made);
    await objectStore.deletePrefix(partsPrefix(id));
    const { total, completed, failed } = batch;
    logger.info({ status, total, completed, failed }, 'the batch has ended');
  }
}

function invalidFile(param: string, message: string): BatchError {
  return { code: 'invalid_request', message, param, line: null };
}

function tooManyRows({ maxQueuedRows = 0 }: BatchRecord, rows: number, queuedRows: number): BatchError {
  const code = 'queued_rows_exceeded' satisfies ErrorCode;
  const message = `at most ${maxQueuedRows} rows of batches may be waiting or running, ${queuedRows} are now, and this batch has ${rows}`;
  return { code, message, param: null, line: null };
}
