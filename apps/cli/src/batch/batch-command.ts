import { Command } from 'commander';
import { addServiceAddressOptions } from '../options/service-address.js';
import { wholeNumber } from '../options/whole-number.js';
import {
  addRetryOptions,
  addServiceOptions,
  addSubmitOptions,
  addWaitOptions,
  type ListOptions,
  type ResultsOptions,
  type RetryOptions,
  type ServiceOptions,
  type SubmitOptions,
  type WaitOptions,
} from './batch-options.js';

const HELP = `
FILE is JSON Lines, one request a line, as OpenAI's Batch API takes it:

  {"custom_id": "row-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "...", "messages": [...]}}

Exit status: 0 when the command did what it says; 1 when it could not, or when a batch that was waited for ended
failed, expired or cancelled, or, with --fail-on-error, has failed rows; 2 for arguments that cannot be used; 130 after
Ctrl-C. A batch goes on after Ctrl-C: only cancel ends it.

Examples:
  tessera batch submit requests.jsonl --wait
  tessera batch status batch_0f... --wait
  tessera batch results batch_0f... -o answers.jsonl
  tessera batch results batch_0f... --errors -o failures.jsonl
  tessera batch retry batch_0f... --wait
  tessera batch list --json --url http://127.0.0.1:8080`;

const ID = 'id of the batch';

/** `tessera batch`: batches of a running service. */
export function batchCommand(): Command {
  return new Command('batch')
    .description('Batches of a running service: submit a file of requests, follow it, fetch the answers.')
    .addHelpText('after', HELP)
    .addCommand(submitCommand())
    .addCommand(statusCommand())
    .addCommand(listCommand())
    .addCommand(cancelCommand())
    .addCommand(resultsCommand())
    .addCommand(retryCommand())
    .addCommand(recoverCommand());
}

function submitCommand(): Command {
  const command = new Command('submit')
    .description('Upload a file of requests and make a batch of it; prints the id of the batch.')
    .argument('<file>', 'JSON Lines, one request a line');
  return addSubmitOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  tessera batch submit requests.jsonl\n' +
        '  tessera batch submit requests.jsonl --wait --fail-on-error\n' +
        '  tessera batch submit requests.jsonl --completion-window 7d --priority low --metadata set=train',
    )
    .action(async (file: string, options: SubmitOptions, self: Command) => {
      checkFailOnError(options, self);
      const { runSubmit } = await import('./run-submit.js');
      await runSubmit(file, options);
    });
}

function statusCommand(): Command {
  const command = new Command('status').description('Show a batch.').argument('<id>', ID);
  return addWaitOptions(command)
    .addHelpText('after', '\nExample:\n  tessera batch status batch_0f... --wait')
    .action(async (id: string, options: WaitOptions, self: Command) => {
      checkFailOnError(options, self);
      const { runStatus } = await import('./run-batch.js');
      await runStatus(id, options);
    });
}

function listCommand(): Command {
  return addServiceOptions(new Command('list').description('List batches, newest first.'))
    .option('--limit <n>', 'most batches listed', wholeNumber(1, 100), 20)
    .option('--after <id>', 'go on after this batch')
    .addHelpText('after', '\nExample:\n  tessera batch list --limit 5')
    .action(async (options: ListOptions) => {
      const { runList } = await import('./run-batch.js');
      await runList(options);
    });
}

function cancelCommand(): Command {
  const command = new Command('cancel')
    .description(
      'End a batch: rows under way are finished, no others are begun. What was done can be fetched.',
    )
    .argument('<id>', ID);
  return addServiceOptions(command)
    .addHelpText('after', '\nExample:\n  tessera batch cancel batch_0f...')
    .action(async (id: string, options: ServiceOptions) => {
      const { runCancel } = await import('./run-batch.js');
      await runCancel(id, options);
    });
}

function resultsCommand(): Command {
  const command = new Command('results')
    .description('Fetch the answers of a batch, or the rows that have none.')
    .argument('<id>', ID)
    .option('-o, --output <out>', 'file that gets them, whole or not at all (default: standard output)')
    .option('--errors', 'the rows that failed or never ran, in place of the answers')
    .option('--partial', 'what there is so far of a batch that has not ended');
  return addServiceAddressOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  tessera batch results batch_0f... -o answers.jsonl\n' +
        '  tessera batch results batch_0f... --errors | head\n' +
        '  tessera batch results batch_0f... --partial | wc -l',
    )
    .action(async (id: string, options: ResultsOptions) => {
      const { runResults } = await import('./run-results.js');
      await runResults(id, options);
    });
}

function retryCommand(): Command {
  const command = new Command('retry')
    .description('Make a new batch of the rows of an ended one that failed or never ran; prints its id.')
    .argument('<id>', ID);
  return addRetryOptions(command, 'as before')
    .addHelpText('after', '\nExample:\n  tessera batch retry batch_0f... --wait')
    .action(async (id: string, options: RetryOptions, self: Command) => {
      checkFailOnError(options, self);
      const { runRetry } = await import('./run-batch.js');
      await runRetry(id, options);
    });
}

function recoverCommand(): Command {
  return new Command('recover')
    .description(
      'After Redis has lost its data: tell it again of every file and batch of the object store. Batches that had not ' +
        'ended go on after the rows whose chunks were committed; what Redis knows stays as it is. Reads REDIS_URL, ' +
        'TESSERA_QUEUE_PREFIX and TESSERA_STORE; no service need run.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  REDIS_URL=redis://10.0.0.5:6379 TESSERA_STORE=s3://bucket tessera batch recover',
    )
    .action(async () => {
      const { runRecover } = await import('./run-recover.js');
      await runRecover();
    });
}

function checkFailOnError({ wait, failOnError }: WaitOptions, command: Command): void {
  if (failOnError === true && wait !== true) command.error('error: --fail-on-error goes with --wait');
}
