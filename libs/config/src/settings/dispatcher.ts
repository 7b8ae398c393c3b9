import { integerText, setting } from '../setting.js';

export const dispatcherSettings = {
  TESSERA_DELIVERY_LOCK_MS: setting({
    group: 'Dispatcher',
    description:
      "Time a dispatcher's hold on a receiver of webhooks lasts unless renewed; what a dead one had in hand is delivered again after it.",
    unit: 'milliseconds',
    default: '30000',
    schema: integerText(1000, 600_000).default(30_000),
  }),
  TESSERA_DISPATCHER_HEALTH_PORT: setting({
    group: 'Dispatcher',
    description:
      "Loopback port of the dispatcher's /health/live and /health/ready; 0 takes a free one. Unset: none.",
    schema: integerText(0, 65_535).optional(),
  }),
};
