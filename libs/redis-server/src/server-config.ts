export interface ServerSettings {
  readonly port: number;
  readonly password: string;
  /** Holds the append-only file. */
  readonly directory: string;
}

/**
 * The configuration of a private server: loopback and a password only, every write in an append-only file that is
 * on the disk before it is answered, and nothing ever evicted (a queue entry that vanishes is a lost job). It logs to
 * standard output.
 *
 * `appendfsync everysec` is not enough: while a sync of the disk is under way the server answers writes that it has not
 * yet handed to the system, and a kill loses them.
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
    ['appendfsync', 'always'],
    ['save', '""'],
    ['maxmemory-policy', 'noeviction'],
  ];
  return directives.map(([name, value]) => `${name} ${value}\n`).join('');
}

/** In double quotes the server reads `\"` and `\\` as C does, and everything else as it stands. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
}
