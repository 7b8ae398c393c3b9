/**
 * Lets one native call at a time use a device. Runs, copies, allocations and releases of all sessions touch one native
 * context that is not safe to use from two threads.
 */
export class DeviceTurns {
  private last: Promise<unknown> = Promise.resolve();
  private isTaken = false;
  private readonly waitingForEnd: (() => void)[] = [];

  /** Does `work` when all that was asked for before has settled. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.doTurn(work));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Does `work` between turns: now, or when the turn under way ends. */
  betweenTurns(work: () => void): void {
    if (this.isTaken) this.waitingForEnd.push(work);
    else work();
  }

  private async doTurn<T>(work: () => T | Promise<T>): Promise<T> {
    this.isTaken = true;
    try {
      return await work();
    } finally {
      this.isTaken = false;
      for (const waiting of this.waitingForEnd.splice(0)) waiting();
    }
  }
}
