import { createHash } from 'node:crypto';

const HEX_DIGITS = 32;

/** What stands for all URLs of one origin that the jobs of one owner name as their webhook. */
export function webhookReceiverId(ownerId: string, url: string): string {
  const hash = createHash('sha256')
    .update(`${ownerId} ${new URL(url).origin}`)
    .digest('hex');
  return `hook_${hash.slice(0, HEX_DIGITS)}`;
}
