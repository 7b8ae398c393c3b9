import { type BatchError } from '@tessera/contracts';
import { type ValidatedInput } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { LineTooLongError } from '../errors.js';
import { HashTable } from './hash-table.js';
import { isProblem, parseRequestLine, type RequestLine } from './parse-request-line.js';
import { type InputLine, readLines } from './read-lines.js';

/** Errors that a batch lists; validation goes on no further. */
export const MOST_ERRORS = 100;

export interface InputRules {
  readonly maxLineBytes: number;
  /** Whether rows may name this model. */
  readonly isModelAvailable: (model: string) => boolean;
}

export type Validation =
  { kind: 'valid'; input: ValidatedInput } | { kind: 'invalid'; errors: readonly BatchError[] };

/** Reads a whole input file, in memory that grows by 16 bytes a row. @throws what the object store throws */
export async function validateInput(
  store: ObjectStore,
  inputKey: string,
  rules: InputRules,
  signal: AbortSignal,
): Promise<Validation> {
  const check = new InputCheck(rules);
  const { body, bytes } = await store.open(inputKey, { signal });
  try {
    for await (const line of readLines(body, rules)) {
      check.take(line);
      if (check.errors.length >= MOST_ERRORS) break;
    }
  } catch (error) {
    if (!(error instanceof LineTooLongError)) throw error;
    check.report(error.line, { code: 'invalid_request', message: error.message, param: null });
  } finally {
    body.destroy();
  }
  if (check.repeated.size > 0) await findDuplicates({ store, inputKey, rules, check, signal });
  return check.conclude(inputKey, bytes);
}

class InputCheck {
  readonly errors: BatchError[] = [];
  /** Custom ids whose hash came before: as many as can be reported. */
  readonly repeated = new Set<string>();
  private readonly customIds = new HashTable();
  private model: string | undefined;
  private total = 0;

  constructor(private readonly rules: InputRules) {}

  take({ bytes, number }: InputLine): void {
    this.total += 1;
    const line = parseRequestLine(bytes);
    if (isProblem(line)) return this.report(number, line);
    this.checkModel(line, number);
    if (!this.customIds.add(line.customId) && this.repeated.size < MOST_ERRORS) {
      this.repeated.add(line.customId);
    }
  }

  report(line: number | null, problem: Pick<BatchError, 'code' | 'message' | 'param'>): void {
    this.errors.push({ ...problem, line });
  }

  conclude(inputKey: string, inputBytes: number): Validation {
    if (this.total === 0 && this.errors.length === 0) {
      this.report(null, {
        code: 'invalid_request',
        message: 'the input file holds no lines',
        param: 'input_file_id',
      });
    }
    if (this.errors.length > 0 || this.model === undefined) {
      const errors = this.errors
        .sort((one, other) => (one.line ?? 0) - (other.line ?? 0))
        .slice(0, MOST_ERRORS);
      return { kind: 'invalid', errors };
    }
    return { kind: 'valid', input: { model: this.model, inputKey, total: this.total, inputBytes } };
  }

  private checkModel({ model }: RequestLine, number: number): void {
    if (this.model === undefined) {
      this.model = model;
      if (this.rules.isModelAvailable(model)) return;
      const message = `no worker serves the model ${JSON.stringify(model)}, and TESSERA_MODELS does not name it`;
      this.report(number, { code: 'model_not_found', message, param: 'body.model' });
    } else if (model !== this.model) {
      const message = `all rows must name one model: the first names ${JSON.stringify(this.model)}, this one ${JSON.stringify(model)}`;
      this.report(number, { code: 'invalid_request', message, param: 'body.model' });
    }
  }
}

/** Looks at the file again for lines whose custom id has come before: hashes alone could be equal by chance. */
async function findDuplicates(search: {
  store: ObjectStore;
  inputKey: string;
  rules: InputRules;
  check: InputCheck;
  signal: AbortSignal;
}): Promise<void> {
  const { store, inputKey, rules, check, signal } = search;
  const firstLines = new Map<string, number>();
  const { body } = await store.open(inputKey, { signal });
  try {
    for await (const { bytes, number } of readLines(body, rules)) {
      const line = parseRequestLine(bytes);
      if (isProblem(line) || !check.repeated.has(line.customId)) continue;
      const first = firstLines.get(line.customId);
      if (first === undefined) {
        firstLines.set(line.customId, number);
        continue;
      }
      const message = `custom_id ${JSON.stringify(line.customId)} is that of line ${first} as well`;
      check.report(number, { code: 'duplicate_custom_id', message, param: 'custom_id' });
      if (check.errors.length >= MOST_ERRORS) break;
    }
  } catch (error) {
    // The first pass has reported it, and read no further either.
    if (!(error instanceof LineTooLongError)) throw error;
  } finally {
    body.destroy();
  }
}
