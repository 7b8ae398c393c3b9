import { Command } from 'commander';
import { addServiceAddressOptions, type ServiceAddressOptions } from '../options/service-address.js';

/** `tessera webhook`: what a receiver of webhooks needs. */
export function webhookCommand(): Command {
  return new Command('webhook').description('What a receiver of webhooks needs.').addCommand(secretCommand());
}

function secretCommand(): Command {
  const command = new Command('secret').description(
    "Print the secret that signs events for jobs' own webhook URLs. With --url or --api-key it is asked of the service: " +
      "that of the key. Else it is the administrator's: TESSERA_WEBHOOK_SECRET, or the one kept in the data folder, " +
      'which is made when there is none yet.',
  );
  return addServiceAddressOptions(command)
    .addHelpText('after', '\nExamples:\n  tessera webhook secret\n  tessera webhook secret --api-key tsk_...')
    .action(async (options: ServiceAddressOptions) => {
      const { askForSecret, loadSecret } = await import('./webhook-secret.js');
      const isOfService = options.url !== undefined || options.apiKey !== undefined;
      process.stdout.write(`${await (isOfService ? askForSecret(options) : loadSecret())}\n`);
    });
}
