import { type Logger } from '@tessera/observability';

/** Runs a pass again and again with pauses between. One that fails is logged and comes round again. */
export class RepeatedPass {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;
  private isFailing = false;

  constructor(
    private readonly pass: { name: string; everyMs: number; run: () => Promise<void> },
    private readonly logger: Logger,
  ) {
    this.schedule();
  }

  /** Resolves when a pass that is under way has ended; no other follows. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.running = this.runOnce();
    }, this.pass.everyMs);
  }

  private async runOnce(): Promise<void> {
    try {
      await this.pass.run();
      this.isFailing = false;
    } catch (err) {
      // In full once, and not every second of an outage.
      const level = this.isFailing ? 'debug' : 'error';
      this.logger[level]({ err, pass: this.pass.name }, 'a pass of upkeep failed, and will be tried again');
      this.isFailing = true;
    }
    this.schedule();
  }
}
