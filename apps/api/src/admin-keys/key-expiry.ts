import { type CreateApiKeyBody } from '@tessera/contracts';
import { InvalidValueError } from '../errors/request.errors.js';

/** When the key is to expire, in Unix ms; undefined for never. @throws {InvalidValueError} */
export function readExpiry(
  { expires_at: at, expires_in_seconds: seconds }: CreateApiKeyBody,
  nowMs: number,
): number | undefined {
  if (at != null && seconds != null) {
    throw new InvalidValueError('expires_at: give either this or expires_in_seconds', {
      param: 'expires_at',
    });
  }
  if (seconds != null) return nowMs + seconds * 1000;
  if (at == null) return undefined;
  if (at * 1000 > nowMs) return at * 1000;
  const given = `must be a Unix time in the future, in seconds, given ${at}`;
  throw new InvalidValueError(`expires_at: ${given}`, { param: 'expires_at' });
}
