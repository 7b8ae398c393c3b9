import { loadConfig } from '@tessera/config';
import { Command } from 'commander';

/** `tessera webhook`: what a receiver of webhooks needs. */
export function webhookCommand(): Command {
  return new Command('webhook').description('What a receiver of webhooks needs.').addCommand(secretCommand());
}

function secretCommand(): Command {
  return new Command('secret')
    .description(
      'Print the secret that signs webhooks: TESSERA_WEBHOOK_SECRET, else the one kept in the data folder, ' +
        'which is made when there is none yet.',
    )
    .addHelpText('after', '\nExample:\n  tessera webhook secret')
    .action(async () => {
      const { data, webhooks } = loadConfig();
      const { loadWebhookSecret } = await import('@tessera/webhooks');
      const secret = await loadWebhookSecret({
        dataDirectory: data.directory,
        ...(webhooks.secret === undefined ? {} : { configured: webhooks.secret }),
      });
      process.stdout.write(`${secret}\n`);
    });
}
