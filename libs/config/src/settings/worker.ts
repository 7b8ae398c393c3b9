import { z } from 'zod';
import { integerText, setting } from '../setting.js';

const group = 'Worker';
const DEVICES = ['cpu', 'cuda', 'webgpu'] as const;

export const workerSettings = {
  TESSERA_DEVICE: setting({
    group,
    description: `Device that runs the model: ${DEVICES.join(', ')}.`,
    default: 'cpu',
    schema: z.enum(DEVICES, `must be one of ${DEVICES.join(', ')}`).default('cpu'),
  }),
  TESSERA_THREADS: setting({
    group,
    description: 'Threads of the inference engine. Unset: one per physical core.',
    unit: 'threads',
    schema: integerText(1, 1024).optional(),
  }),
  TESSERA_SLOTS: setting({
    group,
    description:
      'Sequences that the engine works on at the same time. Unset: 8, or as many as fit half of TESSERA_KV_CACHE_BYTES.',
    unit: 'sequences',
    schema: integerText(1, 1024).optional(),
  }),
  TESSERA_KV_CACHE_BYTES: setting({
    group,
    description:
      'Memory for the KV cache. Every slot takes 2,048 positions, or the whole context where that is shorter; a budget ' +
      'too small for that is refused. What is left makes longer slots, ' +
      'and the longest slot bounds the context.',
    unit: 'bytes',
    default: '4294967296',
    schema: integerText(1_000_000, 10 ** 13).default(4 * 1024 ** 3),
  }),
  TESSERA_FEATURE_CACHE_BYTES: setting({
    group,
    description:
      'Memory for features of images that were encoded before, so that another question about the same file costs no ' +
      'vision run. One image of 13 tiles of Mini-InternVL-Chat-4B-V1-5 takes 41 MB. 0 keeps none.',
    unit: 'bytes',
    default: '268435456',
    schema: integerText(0, 10 ** 13).default(256 * 1024 ** 2),
  }),
  TESSERA_DRAIN_TIMEOUT_MS: setting({
    group,
    description: 'Time that active jobs get to finish after SIGTERM before they are handed back.',
    unit: 'milliseconds',
    default: '20000',
    schema: integerText(0, 3_600_000).default(20_000),
  }),
  TESSERA_STEP_TIMEOUT_MS: setting({
    group,
    description:
      'Time that one run of the model may take before it is ended; a worker in which it cannot be ended exits. 0: no limit.',
    unit: 'milliseconds',
    default: '120000',
    schema: integerText(0, 3_600_000).default(120_000),
  }),
  TESSERA_LOCK_DURATION_MS: setting({
    group,
    description:
      "Time a worker's lock on a job lasts unless renewed; a job of a dead worker is taken up again after it.",
    unit: 'milliseconds',
    default: '30000',
    schema: integerText(1000, 600_000).default(30_000),
  }),
  TESSERA_WORKER_HEALTH_PORT: setting({
    group,
    description:
      "Loopback port of the worker's /health/live and /health/ready; 0 takes a free one. Unset: none.",
    schema: integerText(0, 65_535).optional(),
  }),
};
