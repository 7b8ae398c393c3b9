import { TesseraError } from '@tessera/contracts';
import { type ObjectStoreOperation } from './errors.js';

/** Makes an error with a code of a failure of a store's own kind. */
type ExplainFailure = (error: unknown, operation: ObjectStoreOperation, subject: string) => TesseraError;

/** A way to do things such that only errors with a code come out. */
export function translatingFailures(explain: ExplainFailure) {
  return async <Result>(
    operation: ObjectStoreOperation,
    subject: string,
    action: () => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await action();
    } catch (error) {
      throw error instanceof TesseraError ? error : explain(error, operation, subject);
    }
  };
}
