import { integerText, setting } from '../setting.js';

const group = 'Jobs';

export const jobSettings = {
  TESSERA_MAX_WAITING_JOBS: setting({
    group,
    description:
      'Jobs that may wait for a worker; past it new ones are refused with `queue_full`. An owner other than the ' +
      'administrator has half of them unless a limit on its queued jobs is set.',
    unit: 'jobs',
    default: '100000',
    schema: integerText(1, 10_000_000).default(100_000),
  }),
  TESSERA_RETENTION_SECONDS: setting({
    group,
    description:
      'Time that a finished job, its images and its answer are kept, the record of a batch that has ended, and a file ' +
      'that was given no expiry.',
    unit: 'seconds',
    default: '2592000',
    schema: integerText(60, 315_360_000).default(2_592_000),
  }),
  TESSERA_MAX_ATTEMPTS: setting({
    group,
    description: 'Attempts that a job gets when its policy does not say.',
    unit: 'attempts',
    default: '3',
    schema: integerText(1, 20).default(3),
  }),
};
