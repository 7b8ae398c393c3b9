import { integerText, setting } from '../setting.js';

export const dispatcherSettings = {
  TESSERA_DISPATCHER_HEALTH_PORT: setting({
    group: 'Dispatcher',
    description:
      "Loopback port of the dispatcher's /health/live and /health/ready; 0 takes a free one. Unset: none.",
    schema: integerText(0, 65_535).optional(),
  }),
};
