import { SCOPES } from '@tessera/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { addServiceAddressOptions, type ServiceAddressOptions } from '../options/service-address.js';

/** Which service, and how what it says is printed. */
export interface KeyOptions extends ServiceAddressOptions {
  json?: true;
}

export interface CreateKeyOptions extends KeyOptions {
  scopes: string[];
  expiresIn?: number;
  limit?: Record<string, number>;
  owner?: string;
}

export interface ListKeysOptions extends KeyOptions {
  limit: number;
  after?: string;
}

const SECONDS_PER_UNIT = { m: 60, h: 3_600, d: 86_400 } as const;
const DURATION = /^([1-9]\d{0,5})([mhd])$/;
const LIMIT = /^([a-z_]+)=(\d+(?:\.\d+)?)$/;

/** Adds the options of {@link KeyOptions}. */
export function addKeyOptions(command: Command): Command {
  return addServiceAddressOptions(command).option('--json', 'print JSON, one line per key');
}

/** Adds the options of {@link CreateKeyOptions}. */
export function addCreateOptions(command: Command): Command {
  return addKeyOptions(command)
    .requiredOption('--scopes <list>', `what it may do, between commas: ${SCOPES.join(', ')}`, scopeList)
    .option('--expires-in <time>', 'time after which it works no more, such as 12h or 90d', duration)
    .option(
      '--limit <name=number>',
      'a limit, such as queued_jobs=1000; may be repeated (names: requests_per_second, concurrent_requests, ' +
        'queued_jobs, open_batches, queued_rows, stored_bytes, tokens_per_day, weight)',
      limitPair,
    )
    .option('--owner <id>', 'a key whose data it shares, to take its place');
}

export function scopeList(text: string): string[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown === undefined) return scopes;
  throw new InvalidArgumentError(`It must be some of ${SCOPES.join(', ')}, between commas.`);
}

export function duration(text: string): number {
  const match = DURATION.exec(text);
  if (match !== null) return Number(match[1]) * SECONDS_PER_UNIT[match[2] as 'm' | 'h' | 'd'];
  throw new InvalidArgumentError('It must be a number of minutes, hours or days, such as 30m, 12h or 90d.');
}

export function limitPair(text: string, before: Record<string, number> = {}): Record<string, number> {
  const match = LIMIT.exec(text);
  if (match !== null) return { ...before, [match[1] ?? '']: Number(match[2]) };
  throw new InvalidArgumentError('It must be a name, an equals sign, and a number.');
}
