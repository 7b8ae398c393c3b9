import { type Config } from '@tessera/config';

/** Just enough to keep anything but a host name and port out of the URLs we hand out. */
const HOST_AND_PORT = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * Where this client reaches us, without a slash at the end: TESSERA_PUBLIC_URL if set, else the request's own Host
 * header, else the address we listen on.
 */
export function chooseBaseUrl(
  http: Config['http'],
  protocol: string,
  hostHeader: string | undefined,
): string {
  if (http.publicUrl !== undefined) return http.publicUrl;
  if (hostHeader !== undefined && HOST_AND_PORT.test(hostHeader)) return `${protocol}://${hostHeader}`;
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  return `${protocol}://${host}:${http.port}`;
}
