/** BullMQ needs 6.2 (LMOVE and friends). */
export const MINIMUM_VERSION = [6, 2, 0] as const;

export interface ServerVersion {
  readonly product: 'redis' | 'valkey';
  readonly version: string;
}

/**
 * Reads what `redis-server --version` prints: `Redis server v=7.0.15 sha=...`, `Valkey server v=8.1.1 sha=...`.
 * Undefined when it is something else.
 */
export function parseServerVersion(output: string): ServerVersion | undefined {
  const match = /\b(redis|valkey) server v=(\d+\.\d+\.\d+)/i.exec(output);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { product: match[1].toLowerCase() === 'valkey' ? 'valkey' : 'redis', version: match[2] };
}

/** Whether `version` (`major.minor.patch`) is at least {@link MINIMUM_VERSION}. */
export function isSupportedVersion(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, minimum] of MINIMUM_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part !== minimum) return part > minimum;
  }
  return true;
}
