import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Undefined when the command could not be started or a signal ended it. */
  readonly exitCode: number | undefined;
  /** Standard output and error together. */
  readonly output: string;
  readonly found: boolean;
}

/** Runs a command to its end without a shell and without input, and collects what it writes. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES')
        resolve({ exitCode: undefined, output, found: false });
      else reject(error);
    });
    child.once('close', (code) => resolve({ exitCode: code ?? undefined, output, found: true }));
  });
}

/** The last `count` lines that are not empty. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
