import { type WriteStream } from 'node:tty';

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5000;
const BAR_WIDTH = 30;

export interface ProgressLine {
  readonly update: (writtenBytes: number, totalBytes: number) => void;
  /** Takes the bar away. */
  readonly clear: () => void;
}

/** Tells how far the writing is: a bar on a terminal, otherwise a line every few seconds. */
export function createProgressLine(stream: WriteStream): ProgressLine {
  const intervalMs = stream.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  const startedAt = performance.now();
  let printedAt = startedAt;
  return {
    update: (writtenBytes, totalBytes) => {
      const now = performance.now();
      if (now - printedAt < intervalMs) return;
      printedAt = now;
      const speed = writtenBytes / 1000 / (now - startedAt);
      const text = `${toGigabytes(writtenBytes)} of ${toGigabytes(totalBytes)} GB, ${speed.toFixed(0)} MB/s`;
      stream.write(stream.isTTY ? `\r\u001B[2K${drawBar(writtenBytes / totalBytes)} ${text}` : `${text}\n`);
    },
    clear: () => {
      if (stream.isTTY) stream.write('\r\u001B[2K');
    },
  };
}

const toGigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

function drawBar(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
}
