import { type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { formatLogLine, isAtLeast } from './format-log-line.js';

const TAIL_LINES = 8;

export interface ServiceLogOptions {
  readonly name: string;
  readonly directory: string;
  /** Receives, readable, each line of at least level `least`. */
  readonly print: (line: string) => void;
  readonly least: 'debug' | 'warn';
}

/** What the processes of one service write: everything to `<name>.log`, what matters to the terminal. */
export class ServiceLog {
  readonly #file: WriteStream;
  readonly #tail: string[] = [];

  constructor(private readonly options: ServiceLogOptions) {
    this.#file = createWriteStream(join(options.directory, `${options.name}.log`), { flags: 'a' });
    // A full disk must not end the services with it.
    this.#file.on('error', (error) =>
      options.print(`${options.name}: cannot write its log: ${error.message}`),
    );
  }

  /** The last lines, readable; a new process begins without any. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Takes in what `child` writes until it has ended. */
  follow({ stdout, stderr }: ChildProcess): void {
    this.#tail.length = 0;
    for (const stream of [stdout, stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
  }

  #take(line: string): void {
    this.#file.write(`${line}\n`);
    if (line.trim() === '') return;
    const { level, text } = formatLogLine(this.options.name, line);
    this.#tail.push(text);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    if (isAtLeast(level, this.options.least)) this.options.print(text);
  }
}

/** Makes the folder, and keeps the log of the run before as `<name>.1.log`. */
export async function rotateLogs(directory: string, names: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  await Promise.all(
    names.map(async (name) => {
      await rename(join(directory, `${name}.log`), join(directory, `${name}.1.log`)).catch(
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        },
      );
    }),
  );
}
