import { expect, it } from 'vitest';
import { WEBHOOK_RETRY_DELAYS_MS } from './retry-schedule.js';

it('tries again nine times over 75 hours, 35 minutes and 5 seconds', () => {
  expect(WEBHOOK_RETRY_DELAYS_MS).toHaveLength(9);
  const total = WEBHOOK_RETRY_DELAYS_MS.reduce((sum, delay) => sum + delay, 0);
  expect(total).toBe(((75 * 60 + 35) * 60 + 5) * 1000);
});
