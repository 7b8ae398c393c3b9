/** Does something again and again until it is stopped. A failure ends it, and is told by `stop`. */
export class Repeated {
  private isStopping = false;
  private failure: { readonly cause: unknown } | undefined;
  private readonly running: Promise<void>;

  constructor(action: () => Promise<void>) {
    this.running = this.run(action);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.running;
    this.throwIfFailed();
  }

  throwIfFailed(): void {
    if (this.failure !== undefined) throw new Error('what is done again and again failed', this.failure);
  }

  private async run(action: () => Promise<void>): Promise<void> {
    try {
      while (!this.isStopping) await action();
    } catch (error) {
      this.failure = { cause: error };
    }
  }
}
