import { type Config, loadConfig } from '@tessera/config';
import { type Command, InvalidArgumentError } from 'commander';
import { serviceUrl } from './service-url.js';

/** Where a service is, and the key that it is sent. */
export interface ServiceAddressOptions {
  /** Absent: the service of this machine. */
  url?: string;
  /** Absent: that of TESSERA_API_KEY, if any. */
  apiKey?: string;
}

/** Adds the options of {@link ServiceAddressOptions}. */
export function addServiceAddressOptions(command: Command): Command {
  const addressed = command.option(
    '--url <url>',
    'address of the service (default: http://127.0.0.1 at PORT, where `npm start` listens)',
    serviceUrl,
  );
  return addApiKeyOption(addressed);
}

export function addApiKeyOption(command: Command): Command {
  return command.option(
    '--api-key <key>',
    'key that the service is sent (default: TESSERA_API_KEY, which does not show in the list of processes)',
    headerText,
  );
}

/** The address and key that the options name, else those of the settings. */
export function serviceAddressOf(
  { url, apiKey }: ServiceAddressOptions,
  config: Pick<Config, 'http' | 'access'> = loadConfig(),
): { readonly url: string; readonly apiKey: string | undefined } {
  return {
    url: url ?? `http://127.0.0.1:${config.http.port}`,
    apiKey: apiKey ?? config.access.apiKey,
  };
}

function headerText(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be printable characters without spaces.');
}
