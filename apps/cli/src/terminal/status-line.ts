import { type WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';

/** One line of standard error that tells how far a command is. */
export interface StatusLine {
  /** Replaces the line; where standard error is no terminal, at most one line every few seconds. */
  update(text: string): void;
  /** A line that stays, above the status. */
  print(text: string): void;
  /** Takes the status away. */
  clear(): void;
}

const PLAIN_INTERVAL_MS = 5_000;

/** A status line on `stream`, by default standard error. */
export function createStatusLine(stream: NodeJS.WriteStream = process.stderr): StatusLine {
  return hasScreen(stream) ? terminalLine(stream) : plainLine(stream);
}

/** A terminal without a size, as `docker exec -t` may give one, shows nothing that is drawn. */
function hasScreen(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.columns > 0 && stream.rows > 0;
}

function terminalLine(stream: WriteStream): StatusLine {
  // The cursor stays: a killed command would leave the terminal without one.
  const draw = createLogUpdate(stream, { showCursor: true });
  return {
    update: (text) => draw(text),
    print: (text) => {
      draw.clear();
      stream.write(`${text}\n`);
    },
    clear: () => draw.clear(),
  };
}

function plainLine(stream: NodeJS.WritableStream): StatusLine {
  let printedAt = performance.now();
  return {
    update: (text) => {
      if (performance.now() - printedAt < PLAIN_INTERVAL_MS) return;
      printedAt = performance.now();
      stream.write(`${text}\n`);
    },
    print: (text) => void stream.write(`${text}\n`),
    clear: () => {},
  };
}
