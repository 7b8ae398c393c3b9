import { quote } from '@tessera/chat-completions';
import { InvalidValueError } from '../errors/request.errors.js';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The `Idempotency-Key` of a request, if it has one.
 * @throws {InvalidValueError} unless it is 1 to 255 visible ASCII characters
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && IDEMPOTENCY_KEY.test(header)) return header;
  throw new InvalidValueError(
    `Idempotency-Key: must be 1 to 255 visible ASCII characters, given ${quote(header)}`,
    {
      param: 'Idempotency-Key',
    },
  );
}
