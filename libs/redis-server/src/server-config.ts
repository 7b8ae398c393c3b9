export interface ServerSettings {
  readonly port: number;
  readonly password: string;
  /** Holds the append-only file. */
  readonly directory: string;
}

/**
 * The configuration of a private server: loopback and a password only, every write in an append-only file that is
 * synced each second, and nothing ever evicted (a queue entry that vanishes is a lost job). It logs to standard output.
 */
export function formatServerConfig({ port, password, directory }: ServerSettings): string {
  const directives: readonly (readonly [name: string, value: string])[] = [
    ['bind', '127.0.0.1'],
    ['port', String(port)],
    ['protected-mode', 'yes'],
    ['requirepass', quote(password)],
    ['dir', quote(directory)],
    ['daemonize', 'no'],
    ['appendonly', 'yes'],
    ['appendfsync', 'everysec'],
    ['save', '""'],
    ['maxmemory-policy', 'noeviction'],
  ];
  return directives.map(([name, value]) => `${name} ${value}\n`).join('');
}

/** In double quotes the server reads `\"` and `\\` as C does, and everything else as it stands. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
}
