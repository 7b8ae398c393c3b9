import { createHash, randomBytes } from 'node:crypto';

const BATCH_ID = /^batch_[0-9a-f]{32}$/;
const HEX_DIGITS = 32;

/**
 * A batch id of 128 bits: random ones, so that nobody can guess another one's, or those that an Idempotency-Key stands
 * for, so that the same key of the same owner names the same batch.
 */
export function newBatchId(ownerId: string, idempotencyKey?: string): string {
  const hex =
    idempotencyKey === undefined
      ? randomBytes(HEX_DIGITS / 2).toString('hex')
      : createHash('sha256').update(`batch ${ownerId} ${idempotencyKey}`).digest('hex').slice(0, HEX_DIGITS);
  return `batch_${hex}`;
}

/** Whether a text can be the id of a batch at all; what cannot never reaches Redis or the store. */
export function isBatchId(text: string): boolean {
  return BATCH_ID.test(text);
}
