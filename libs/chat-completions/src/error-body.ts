import { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from '@tessera/contracts';

/** OpenAI's error body. */
export interface ErrorEnvelope {
  error: { message: string; type: ErrorCodeEntry['type']; param: string | null; code: ErrorCode };
}

/** The error body for an error that was thrown, or one that a job ended with. */
export function toErrorBody(error: {
  code: ErrorCode;
  message: string;
  param?: string | undefined;
}): ErrorEnvelope {
  const { code, message, param = null } = error;
  return { error: { message, type: ERROR_CODES[code].type, param, code } };
}
