import { createHash } from 'node:crypto';
import { type JobEvent } from '@tessera/contracts';
import { Webhook } from 'standardwebhooks';
import { LocalHttp } from '../e2e/service/local-http.js';

/** Of the events, refused once before they are taken. */
const REFUSED_ONCE = 0.03;

/** What has arrived for one job. */
export interface ReceivedEvents {
  /** `webhook-id` headers: one, unless events of one job differ. */
  readonly eventIds: ReadonlySet<string>;
  /** Hashes of bodies: one, unless the same event was told in two ways. */
  readonly bodies: ReadonlySet<string>;
  readonly statuses: ReadonlySet<string>;
  /** Taken with a 204. */
  readonly takenCount: number;
}

interface Mutable extends ReceivedEvents {
  readonly eventIds: Set<string>;
  readonly bodies: Set<string>;
  readonly statuses: Set<string>;
  takenCount: number;
}

/** A receiver of webhooks that checks signatures, and now and then refuses an event the first time. */
export class WebhookReceiver {
  readonly byJob = new Map<string, Mutable>();
  /** Requests that were no signed event. */
  unsignedCount = 0;
  requestCount = 0;
  private readonly refused = new Set<string>();
  private http: LocalHttp | undefined;

  /** @param secret what events are signed with, once it exists */
  private constructor(
    private readonly random: () => number,
    private readonly secret: () => string,
  ) {}

  static async start(random: () => number, secret: () => string): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(random, secret);
    receiver.http = await LocalHttp.start(({ headers, body }) => ({
      status: receiver.take(headers as Record<string, string>, body),
    }));
    return receiver;
  }

  get url(): string {
    return `${this.http?.url ?? ''}/webhook`;
  }

  /** Jobs of which an event was taken. */
  get takenJobCount(): number {
    return [...this.byJob.values()].filter(({ takenCount }) => takenCount > 0).length;
  }

  async close(): Promise<void> {
    await this.http?.close();
  }

  private take(headers: Record<string, string>, body: string): number {
    this.requestCount += 1;
    let event: JobEvent;
    try {
      event = new Webhook(this.secret()).verify(body, headers) as JobEvent;
    } catch {
      this.unsignedCount += 1;
      return 401;
    }
    const eventId = headers['webhook-id'] ?? '';
    const received = this.received(event.data.id);
    received.eventIds.add(eventId);
    received.bodies.add(createHash('sha256').update(body).digest('hex'));
    received.statuses.add(event.data.status);
    if (received.takenCount === 0 && !this.refused.has(eventId) && this.random() < REFUSED_ONCE) {
      this.refused.add(eventId);
      return 503;
    }
    received.takenCount += 1;
    return 204;
  }

  private received(jobId: string): Mutable {
    const received = this.byJob.get(jobId) ?? {
      eventIds: new Set(),
      bodies: new Set(),
      statuses: new Set(),
      takenCount: 0,
    };
    this.byJob.set(jobId, received);
    return received;
  }
}
