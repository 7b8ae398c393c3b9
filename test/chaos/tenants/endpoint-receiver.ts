import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type JobEvent } from '@tessera/contracts';
import { Webhook } from 'standardwebhooks';

/** Takes everything; refuses every second attempt; takes everything after a while; never answers. */
export type Manner = 'good' | 'half failing' | 'slow' | 'dead';

const SLOW_MS = 700;

/** What has arrived for one job. */
export interface Arrivals {
  readonly eventIds: ReadonlySet<string>;
  /** Hashes of bodies: one, unless the same event was told in two ways. */
  readonly bodies: ReadonlySet<string>;
  readonly statuses: ReadonlySet<string>;
  /** When it was taken first. */
  readonly takenAtMs: number | undefined;
  readonly takenCount: number;
}

interface MutableArrivals extends Arrivals {
  readonly eventIds: Set<string>;
  readonly bodies: Set<string>;
  readonly statuses: Set<string>;
  takenAtMs: number | undefined;
  takenCount: number;
}

/** An endpoint's receiver: checks signatures, and sees whether two attempts at one event are there at a time. */
export class EndpointReceiver {
  readonly byJob = new Map<string, MutableArrivals>();
  requestCount = 0;
  /** Requests that were no signed event. */
  unsignedCount = 0;
  /** Event ids that came while an attempt at them was still open. */
  readonly overlaps: string[] = [];
  /** An event may come before the answer to the request that made the endpoint. */
  private readonly secret: Promise<string>;
  private resolveSecret: (secret: string) => void = () => undefined;
  private readonly open = new Map<string, number>();

  private constructor(
    readonly manner: Manner,
    private readonly server: Server,
  ) {
    this.secret = new Promise((resolve) => (this.resolveSecret = resolve));
    server.on('request', (httpRequest, response) => this.receive(httpRequest, response));
  }

  static async start(manner: Manner): Promise<EndpointReceiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EndpointReceiver(manner, server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${this.manner.replace(' ', '-')}`;
  }

  /** What its events are signed with. */
  setSecret(secret: string): void {
    this.resolveSecret(secret);
  }

  hasTaken(jobId: string): boolean {
    return (this.byJob.get(jobId)?.takenCount ?? 0) > 0;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private receive(httpRequest: IncomingMessage, response: ServerResponse): void {
    this.watch(String(httpRequest.headers['webhook-id']), response);
    const chunks: Buffer[] = [];
    httpRequest.on('data', (chunk: Buffer) => chunks.push(chunk));
    httpRequest.on('end', () => {
      this.requestCount += 1;
      const headers = httpRequest.headers as Record<string, string>;
      void this.answer(headers, Buffer.concat(chunks).toString('utf8'), response);
    });
  }

  private watch(eventId: string, response: ServerResponse): void {
    const others = this.open.get(eventId) ?? 0;
    if (others > 0) this.overlaps.push(eventId);
    this.open.set(eventId, others + 1);
    response.once('close', () => {
      const left = (this.open.get(eventId) ?? 1) - 1;
      if (left === 0) this.open.delete(eventId);
      else this.open.set(eventId, left);
    });
  }

  private async answer(
    headers: Record<string, string>,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const secret = await this.secret;
    let event: JobEvent;
    try {
      event = new Webhook(secret).verify(body, headers) as JobEvent;
    } catch {
      this.unsignedCount += 1;
      response.writeHead(401).end();
      return;
    }
    const arrivals = this.arrivalsOf(event.data.id);
    arrivals.eventIds.add(headers['webhook-id'] ?? '');
    arrivals.bodies.add(createHash('sha256').update(body).digest('hex'));
    arrivals.statuses.add(event.data.status);
    if (this.manner === 'dead') return;
    if (this.manner === 'half failing' && this.requestCount % 2 === 1) {
      response.writeHead(500).end();
      return;
    }
    if (this.manner === 'slow') setTimeout(() => take(arrivals, response), SLOW_MS);
    else take(arrivals, response);
  }

  private arrivalsOf(jobId: string): MutableArrivals {
    const known = this.byJob.get(jobId);
    if (known !== undefined) return known;
    const arrivals = {
      eventIds: new Set<string>(),
      bodies: new Set<string>(),
      statuses: new Set<string>(),
      takenAtMs: undefined,
      takenCount: 0,
    };
    this.byJob.set(jobId, arrivals);
    return arrivals;
  }
}

/** Where the sender has gone meanwhile, nothing is taken. */
function take(arrivals: MutableArrivals, response: ServerResponse): void {
  if (response.destroyed || response.closed) return;
  arrivals.takenAtMs ??= Date.now();
  arrivals.takenCount += 1;
  response.writeHead(204).end();
}
