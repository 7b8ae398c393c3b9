import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './configuration-error.js';
import { loadConfig } from './load-config.js';

const scheduleOf = (text: string) => loadConfig({ TESSERA_WEBHOOK_SCHEDULE: text }).webhooks.scheduleMs;

describe('TESSERA_WEBHOOK_SCHEDULE', () => {
  it('is that of Standard Webhooks by default: ten attempts over 75 hours, 35 minutes and 5 seconds', () => {
    const { scheduleMs } = loadConfig({}).webhooks;
    expect(scheduleMs).toHaveLength(10);
    expect(scheduleMs.reduce((sum, delay) => sum + delay, 0)).toBe(((75 * 60 + 35) * 60 + 5) * 1000);
  });

  it('is delays in seconds, minutes and hours', () => {
    expect(scheduleOf('1s, 2m,3h')).toEqual([1_000, 120_000, 10_800_000]);
    expect(scheduleOf('0s')).toEqual([0]);
  });

  it.each([',', '5', '5s,,5s', '5d', '-1s', '1.5s', '169h', Array(31).fill('1s').join(',')])(
    'cannot be %j',
    (text) => {
      expect(() => scheduleOf(text)).toThrow(ConfigurationError);
    },
  );
});
