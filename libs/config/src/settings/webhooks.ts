import { z } from 'zod';
import { integerText, setting } from '../setting.js';

const group = 'Webhooks';
const MS_PER_UNIT = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const DELAY = /^(\d{1,6})([smh])$/;
const MOST_ATTEMPTS = 30;
const LONGEST_DELAY_MS = 7 * 24 * 3_600_000;
const STANDARD_SCHEDULE = '0s,5s,5m,30m,2h,5h,10h,14h,20h,24h';
const SCHEDULE_RULE =
  `must be 1 to ${MOST_ATTEMPTS} delays between commas, each a whole number with s, m or h and a week at most, ` +
  `such as ${STANDARD_SCHEDULE}`;

/** Delays in milliseconds; undefined for any other text. */
function parseSchedule(text: string): number[] | undefined {
  const delays = text.split(',').map((part) => {
    const match = DELAY.exec(part.trim());
    if (match === null) return Number.NaN;
    return Number(match[1]) * MS_PER_UNIT[match[2] as keyof typeof MS_PER_UNIT];
  });
  const isSchedule = delays.length <= MOST_ATTEMPTS && delays.every((delay) => delay <= LONGEST_DELAY_MS);
  return isSchedule ? delays : undefined;
}

const scheduleText = z
  .string()
  .transform((text, context) => {
    const delays = parseSchedule(text);
    if (delays !== undefined) return delays;
    context.addIssue(SCHEDULE_RULE);
    return z.NEVER;
  })
  .default(parseSchedule(STANDARD_SCHEDULE) ?? []);

export const webhookSettings = {
  TESSERA_WEBHOOK_SCHEDULE: setting({
    group,
    description:
      'Delays before every attempt to deliver a webhook event, the first one included; each is shortened by up to a ' +
      'tenth, at random. The default is that of Standard Webhooks: about 76 hours.',
    default: STANDARD_SCHEDULE,
    schema: scheduleText,
  }),
  TESSERA_WEBHOOK_FAILED_EVENTS: setting({
    group,
    description:
      'Events that a webhook endpoint must have failed to take, with none taken in between, before it is disabled. An ' +
      'event counts once, however many attempts have failed; answers that ask to wait do not count.',
    unit: 'events',
    default: '10',
    schema: integerText(1, 1_000_000).default(10),
  }),
  TESSERA_WEBHOOK_FAILING_SECONDS: setting({
    group,
    description: 'Time since the first of those failures before the endpoint is disabled.',
    unit: 'seconds',
    default: '86400',
    schema: integerText(0, 31_536_000).default(86_400),
  }),
  TESSERA_WEBHOOK_BACKLOG: setting({
    group,
    description: 'Deliveries that may wait for one webhook endpoint; at the next one it is disabled.',
    unit: 'deliveries',
    default: '100000',
    schema: integerText(1, 10_000_000).default(100_000),
  }),
  TESSERA_WEBHOOK_LOG_ENTRIES: setting({
    group,
    description:
      'Deliveries that have ended which the log of a webhook endpoint keeps: so many delivered and so many given up, none ' +
      'longer than TESSERA_RETENTION_SECONDS.',
    unit: 'deliveries',
    default: '500',
    schema: integerText(1, 100_000).default(500),
  }),
  TESSERA_MAX_WEBHOOK_ENDPOINTS: setting({
    group,
    description: 'Webhook endpoints that one key may have.',
    unit: 'endpoints',
    default: '20',
    schema: integerText(1, 1_000).default(20),
  }),
};
