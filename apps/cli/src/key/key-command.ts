import { Command } from 'commander';
import { wholeNumber } from '../options/whole-number.js';
import {
  addCreateOptions,
  addKeyOptions,
  type CreateKeyOptions,
  type KeyOptions,
  type ListKeysOptions,
} from './key-options.js';

const HELP = `
These commands need the key of TESSERA_ADMIN_KEY, or one with the scope admin: set TESSERA_API_KEY to it. Names and
limits can be changed at POST /v1/admin/keys/{id}.

Examples:
  TESSERA_API_KEY=$TESSERA_ADMIN_KEY tessera key create "team vision" --scopes jobs,batches,files
  tessera key list
  tessera key revoke key_0f...`;

/** `tessera key`: the API keys of a running service. */
export function keyCommand(): Command {
  return new Command('key')
    .description('API keys of a running service: make, list and revoke them.')
    .addHelpText('after', HELP)
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  const command = new Command('create')
    .description('Make an API key; prints it, this once.')
    .argument('<name>', 'whose it is, or what it is for');
  return addCreateOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  tessera key create "team vision" --scopes jobs,batches,files --expires-in 90d\n' +
        '  tessera key create trial --scopes jobs --limit queued_jobs=100 --limit tokens_per_day=1000000\n' +
        '  tessera key create "team vision, new" --scopes jobs,batches,files --owner key_0f...',
    )
    .action(async (name: string, options: CreateKeyOptions) => {
      const { runCreateKey } = await import('./run-key.js');
      await runCreateKey(name, options);
    });
}

function listCommand(): Command {
  return addKeyOptions(new Command('list').description('List API keys, newest first, revoked ones too.'))
    .option('--limit <n>', 'most keys listed', wholeNumber(1, 100), 20)
    .option('--after <id>', 'go on after this key')
    .addHelpText('after', '\nExample:\n  tessera key list --json')
    .action(async (options: ListKeysOptions) => {
      const { runListKeys } = await import('./run-key.js');
      await runListKeys(options);
    });
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('Revoke API keys, for good. What they made stays.')
    .argument('<id...>', 'ids of the keys');
  return addKeyOptions(command)
    .addHelpText('after', '\nExample:\n  tessera key revoke key_0f...')
    .action(async (ids: string[], options: KeyOptions) => {
      const { runRevokeKeys } = await import('./run-key.js');
      await runRevokeKeys(ids, options);
    });
}
