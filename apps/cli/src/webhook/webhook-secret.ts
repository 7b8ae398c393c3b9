import { loadConfig } from '@tessera/config';
import { z } from 'zod';
import { serviceAddressOf, type ServiceAddressOptions } from '../options/service-address.js';
import { ServiceConnection } from '../service/service-connection.js';
import { INTERACTIVE_RETRIES } from '../service/with-retries.js';

const secretSchema = z.object({ key: z.string() });

/** The administrator's secret, from the settings or the data folder. */
export async function loadSecret(): Promise<string> {
  const { loadWebhookSecret } = await import('@tessera/webhooks');
  const { data, webhooks } = loadConfig();
  return loadWebhookSecret({
    dataDirectory: data.directory,
    ...(webhooks.secret === undefined ? {} : { configured: webhooks.secret }),
  });
}

/** The secret of the key that a service is asked with. */
export async function askForSecret(options: ServiceAddressOptions): Promise<string> {
  const connection = new ServiceConnection({ ...serviceAddressOf(options), retries: INTERACTIVE_RETRIES });
  const { key } = await connection.request('/v1/webhooks/default/secret', () => ({}), secretSchema);
  return key;
}
