import { ERROR_CODES, type ErrorCodeEntry } from '@tessera/contracts';

/** Every error code as a table, by HTTP status and then in the order of the code. */
export function renderErrorCodes(): string {
  const entries = Object.entries<ErrorCodeEntry>(ERROR_CODES);
  const rows = entries
    .sort(([, a], [, b]) => a.httpStatus - b.httpStatus)
    .map(
      ([code, { httpStatus, type, retryable, summary }]) =>
        `| \`${code}\` | ${httpStatus} | \`${type}\` | ${retryable ? 'yes' : 'no'} | ${summary} |`,
    );
  return ['| code | HTTP | type | retry helps | when |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
