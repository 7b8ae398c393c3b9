import { integerText, setting } from '../setting.js';

const group = 'Limits';

const MOST = Number.MAX_SAFE_INTEGER;
const ofKeys = 'for a key that has no limit of its own, and for the administrator. Unset: no limit.';

/** What one owner may take, where its key does not say. */
export const limitSettings = {
  TESSERA_LIMIT_REQUESTS_PER_SECOND: setting({
    group,
    description: `Requests a second, of which as many may come at once, ${ofKeys}`,
    unit: 'requests/s',
    schema: integerText(1, 1_000_000).optional(),
  }),
  TESSERA_LIMIT_CONCURRENT_REQUESTS: setting({
    group,
    description: `Requests under way at a time, event streams and waits among them, ${ofKeys}`,
    unit: 'requests',
    schema: integerText(1, 1_000_000).optional(),
  }),
  TESSERA_LIMIT_QUEUED_JOBS: setting({
    group,
    description: `Jobs that have not begun, ${ofKeys}`,
    unit: 'jobs',
    schema: integerText(1, 10_000_000).optional(),
  }),
  TESSERA_LIMIT_OPEN_BATCHES: setting({
    group,
    description:
      'Batches that have not ended, for a key that has no limit of its own, and for the administrator.',
    unit: 'batches',
    default: '1000',
    schema: integerText(1, 1_000_000).default(1_000),
  }),
  TESSERA_LIMIT_QUEUED_ROWS: setting({
    group,
    description: `Rows of all batches together that are not done, ${ofKeys}`,
    unit: 'rows',
    schema: integerText(1, MOST).optional(),
  }),
  TESSERA_LIMIT_STORED_BYTES: setting({
    group,
    description: `Bytes of files, of uploads under way and of images of jobs, ${ofKeys}`,
    unit: 'bytes',
    schema: integerText(1, MOST).optional(),
  }),
  TESSERA_LIMIT_TOKENS_PER_DAY: setting({
    group,
    description: `Tokens of prompts and answers in a day that begins at midnight UTC, ${ofKeys}`,
    unit: 'tokens',
    schema: integerText(1, MOST).optional(),
  }),
};
