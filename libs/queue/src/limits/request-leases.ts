import { type Logger } from '@tessera/observability';

/** A request under way, on a lease that ends by itself when its process does. */
export interface RequestLease {
  readonly ownerId: string;
  readonly id: string;
}

export interface RequestLeasesOptions {
  /** Time after which the lease of a killed process ends. */
  readonly leaseMs: number;
  readonly renew: (leases: readonly RequestLease[]) => Promise<void>;
  readonly release: (lease: RequestLease) => Promise<void>;
  readonly logger: Logger;
}

/** Renewals that fit into the time of a lease, so that one that fails costs none. */
const RENEWALS_PER_LEASE = 3;

/** The leases of this process, prolonged until they are released. */
export class RequestLeases {
  private readonly held = new Set<RequestLease>();
  private readonly releasing = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: RequestLeasesOptions) {
    this.timer = setInterval(() => void this.renewAll(), options.leaseMs / RENEWALS_PER_LEASE);
    this.timer.unref();
  }

  /** Prolongs a lease from now on. @returns ends it; doing so again changes nothing */
  hold(lease: RequestLease): () => void {
    this.held.add(lease);
    return () => {
      // Before Redis is told, so that no renewal that is sent later brings it back.
      if (!this.held.delete(lease)) return;
      const releasing = this.release(lease);
      this.releasing.add(releasing);
      void releasing.finally(() => this.releasing.delete(releasing));
    };
  }

  /** Ends renewing; resolves when what was released is. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.releasing);
  }

  private async renewAll(): Promise<void> {
    if (this.held.size === 0) return;
    try {
      await this.options.renew([...this.held]);
    } catch (err) {
      this.options.logger.warn({ err, leaseCount: this.held.size }, 'leases of requests were not renewed');
    }
  }

  private async release(lease: RequestLease): Promise<void> {
    try {
      await this.options.release(lease);
    } catch (err) {
      this.options.logger.warn({ err, leaseMs: this.options.leaseMs }, 'a lease is left to end by itself');
    }
  }
}
