import { InvalidArgumentError } from 'commander';

/** Reader of `--url`: the address of a Tessera service, without a slash at its end. */
export function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url.href.replace(/\/+$/, '');
  throw new InvalidArgumentError('It must be an http or https URL, such as http://127.0.0.1:8080.');
}
