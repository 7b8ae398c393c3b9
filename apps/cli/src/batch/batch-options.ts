import { completionWindowHours } from '@tessera/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addServiceAddressOptions, type ServiceAddressOptions } from '../options/service-address.js';

/** Which service, and how what it says is printed. */
export interface ServiceOptions extends ServiceAddressOptions {
  json?: true;
}

/** What becomes of a batch after it was made. */
export interface WaitOptions extends ServiceOptions {
  wait?: true;
  failOnError?: true;
}

export interface RetryOptions extends WaitOptions {
  completionWindow?: string;
  metadata?: Record<string, string>;
}

export interface SubmitOptions extends RetryOptions {
  priority?: 'normal' | 'low';
}

export interface ListOptions extends ServiceOptions {
  limit: number;
  after?: string;
}

export interface ResultsOptions extends ServiceAddressOptions {
  output?: string;
  errors?: true;
  partial?: true;
}

/** Adds the options of {@link ServiceOptions}. */
export function addServiceOptions(command: Command): Command {
  return addServiceAddressOptions(command).option('--json', 'print JSON, one line per batch');
}

/** Adds the options of {@link WaitOptions}. */
export function addWaitOptions(command: Command): Command {
  return addServiceOptions(command)
    .option('--wait', 'wait for the end, and show how far it is')
    .option('--fail-on-error', 'with --wait: exit with status 1 when a row failed');
}

/** Adds the options of {@link RetryOptions}. */
export function addRetryOptions(command: Command, windowDefault: string): Command {
  return addWaitOptions(command)
    .option(
      '--completion-window <time>',
      `time until rows that have not run expire, such as 24h or 7d (default: ${windowDefault})`,
      completionWindow,
    )
    .option('--metadata <key=value>', 'a pair to keep with the batch; may be repeated', metadataPair);
}

/** Adds the options of {@link SubmitOptions}. */
export function addSubmitOptions(command: Command): Command {
  return addRetryOptions(command, '24h').addOption(
    new Option(
      '--priority <priority>',
      'low works only when no normal batch of the same key has rows left',
    ).choices(['normal', 'low']),
  );
}

function completionWindow(text: string): string {
  if (completionWindowHours(text) !== undefined) return text;
  throw new InvalidArgumentError('It must be a number of hours or days up to 30d, such as 24h or 7d.');
}

function metadataPair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be a key, an equals sign, and a value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
