/** Somebody who wants more. */
export interface Claim {
  readonly key: string;
  /** Estimate of what they have been given and not used yet, divided by their weight. */
  readonly pending: number;
}

/**
 * Shares something between claimants in proportion to what each is entitled to. Everybody has a clock that runs with what
 * they use, and whose clock will be furthest behind is next. However much each use takes, no two that claim all the time
 * ever are further apart than one use of each. Who claims nothing for a while goes on from now: that is saved up for
 * nobody. Estimates only rank what is pending: a bad one is nobody's loss for longer than that.
 */
export class ShareClock {
  private readonly clocks = new Map<string, number>();
  private claiming: ReadonlySet<string> = new Set();
  /** The clock that is furthest behind of those that claim, or did last. */
  private now = 0;

  /** The claim that is next; of equals the first. */
  choose<Claimed extends Claim>(claims: readonly Claimed[]): Claimed | undefined {
    this.receive(claims);
    const due = ({ key, pending }: Claim): number => this.at(key) + pending;
    const earliest = Math.min(...claims.map(due));
    return claims.find((claim) => due(claim) === earliest);
  }

  /** Notes what somebody has used, divided by their weight. */
  use(key: string, amount: number): void {
    this.clocks.set(key, this.at(key) + amount);
  }

  private at(key: string): number {
    return this.clocks.get(key) ?? this.now;
  }

  private receive(claims: readonly Claim[]): void {
    const isNew = ({ key }: Claim): boolean => !this.claiming.has(key);
    this.advance(claims.filter((claim) => !isNew(claim)));
    for (const { key } of claims.filter(isNew)) this.clocks.set(key, Math.max(this.at(key), this.now));
    this.advance(claims);
    this.claiming = new Set(claims.map(({ key }) => key));
    for (const [key, at] of this.clocks) {
      // Such a clock tells nothing that one set anew would not.
      if (at <= this.now && !this.claiming.has(key)) this.clocks.delete(key);
    }
  }

  private advance(claims: readonly Claim[]): void {
    if (claims.length > 0) this.now = Math.min(...claims.map(({ key }) => this.at(key)));
  }
}
