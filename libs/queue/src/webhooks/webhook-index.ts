import type { DeliveryStatus, WebhookDeliveryRecord, WebhookEndpointRecord } from '@tessera/contracts';

export interface DeliveryQuery {
  readonly limit: number;
  readonly status?: DeliveryStatus;
  /** Id of the last delivery already seen. */
  readonly after?: string;
}

export interface DeliveryPage {
  readonly records: WebhookDeliveryRecord[];
  readonly hasMore: boolean;
}

/** How much an endpoint's log keeps. */
export interface DeliveryLogBounds {
  /** Deliveries that have ended, of each way to end. */
  readonly entries: number;
  /** Deliveries that are older leave it, even those that still wait. */
  readonly ageMs: number;
}

/**
 * Registered endpoints and what was delivered to them, in Redis. Of endpoints the store has the truth: the first two
 * methods say `unknown` once Redis has lost them, and `@tessera/webhooks` puts them back.
 */
export interface WebhookIndex {
  /** Undefined: there is none. */
  endpoint(id: string): Promise<WebhookEndpointRecord | undefined | 'unknown'>;
  /** Newest first. */
  endpointsOf(ownerId: string): Promise<WebhookEndpointRecord[] | 'unknown'>;
  /** Writes it unless what Redis has is as new. */
  putEndpoint(record: WebhookEndpointRecord): Promise<void>;
  /** Also its deliveries. */
  removeEndpoint(id: string): Promise<void>;
  endpointIds(): Promise<string[]>;
  /** Every endpoint of the store has been put. */
  markEndpointsKnown(): Promise<void>;
  /** @throws {UnknownCursorError} */
  deliveries(endpointId: string, query: DeliveryQuery): Promise<DeliveryPage>;
  /** Undefined: the endpoint's log has no such delivery. */
  redeliver(endpointId: string, deliveryId: string): Promise<WebhookDeliveryRecord | undefined>;
  /** What has failed since then and was not delivered later. @returns how many */
  redeliverFailed(endpointId: string, sinceMs: number): Promise<number>;
  trimLog(endpointId: string, bounds: DeliveryLogBounds): Promise<void>;
  /** Holds or renews a lease on a name. False: somebody else has it. */
  holdLease(name: string, holder: string, forMs: number): Promise<boolean>;
  releaseLease(name: string, holder: string): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
