import { formatCount } from '../terminal/format.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import { createStatusLine, type StatusLine } from '../terminal/status-line.js';
import { type ServiceBatch } from './batch-schema.js';

/** Shows how far a batch is: its status, and rows, failures, rows/s and time left once it has any. */
export class BatchProgress {
  private readonly bar: ProgressBar;
  /** Rows that were done when this status was first seen: no part of its speed. */
  private before: { status: string; done: number } | undefined;

  constructor(
    private readonly status: StatusLine = createStatusLine(),
    now?: () => number,
  ) {
    this.bar = new ProgressBar(status, now);
  }

  /** The upload of its input. */
  sent(done: number, total: number): void {
    this.bar.update({ label: 'uploading', done: Math.min(done, total), total });
  }

  show({ id, status, request_counts: { total, completed, failed } }: ServiceBatch): void {
    if (total === 0) return this.status.update(`${id} ${status}`);
    const done = completed + failed;
    if (this.before?.status !== status) this.before = { status, done };
    this.bar.update({
      label: status,
      unit: 'rows',
      done,
      total,
      worked: done - this.before.done,
      note: `${formatCount(failed)} failed`,
    });
  }

  print(text: string): void {
    this.status.print(text);
  }

  clear(): void {
    this.status.clear();
  }
}
