import { type WebhookDeliveryRecord, type WebhookEndpointRecord } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import {
  dueDeliveriesLua,
  holdReceiversLua,
  recordAttemptLua,
  relayEventLua,
  releaseReceiverLua,
  renewHoldsLua,
} from '../lua/webhook-dispatch.lua.js';
import { defineScript } from '../script.js';
import { type DeliveryLogBounds } from './webhook-index.js';
import { deliveryReply, parseDelivery, parseEndpointRecord } from './webhook-records.js';

/** Receivers that fail or are slow are taken from a lane of their own, so that they never stand in another one's way. */
export type Lane = 'steady' | 'troubled';

/** A receiver that this dispatcher alone delivers to. */
export interface Hold {
  readonly receiverId: string;
  readonly ownerId: string;
  readonly token: string;
}

/** How many receivers may be taken, and from whom. */
export interface Taking {
  readonly most: number;
  /** Places that are free: an owner gets one while it has less than a quarter as many. */
  readonly free: number;
  /** Places that owners have in the lane. */
  readonly placesByOwner: ReadonlyMap<string, number>;
  readonly holdMs: number;
  readonly token: string;
}

export interface RelayedEvent {
  readonly streamId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly subjectId: string;
  readonly ownerId: string;
  readonly occurredAtMs: number;
  /** Receiver of the job's own webhook. */
  readonly ownReceiverId: string | undefined;
}

export type RelayOutcome = { kind: 'unknown_endpoints' } | { kind: 'relayed'; overflowing: string[] };

export interface DueDeliveries {
  readonly endpoint: WebhookEndpointRecord | undefined;
  readonly deliveries: WebhookDeliveryRecord[];
}

export interface AttemptReport {
  readonly deliveryId: string;
  /** That the attempt was of. */
  readonly series: number;
  readonly outcome: 'delivered' | 'failed' | 'exhausted' | 'refused' | 'dropped';
  /** As JSON; undefined: nothing was tried. */
  readonly attempt?: string;
  readonly nextInMs?: number;
  readonly restMs?: number;
  readonly counts: boolean;
}

/** How a receiver has failed since it last took an event. */
export interface FailingStreak {
  readonly events: number;
  readonly forMs: number;
}

/** What came of a visit: the receiver took something, failed at everything, or was told nothing. */
export interface VisitResult {
  readonly kind: 'took' | 'failed' | 'nothing';
  readonly isSlow: boolean;
}

/** The scripts with which dispatchers share the work. */
export interface DispatchScripts {
  relay(event: RelayedEvent, bounds: { mostWaiting: number; firstDelayMs: number }): Promise<RelayOutcome>;
  /** `nextInMs`: when the lane has more for us, undefined where it has not. */
  hold(lane: Lane, taking: Taking): Promise<{ holds: Hold[]; nextInMs: number | undefined }>;
  /** @returns the receivers that are no longer held */
  renew(holds: readonly Hold[], holdMs: number): Promise<string[]>;
  /** Also renews the hold. Undefined: it is lost. */
  due(hold: Hold, options: { most: number; holdMs: number }): Promise<DueDeliveries | undefined>;
  /** Undefined: the hold is lost, and nothing was recorded. */
  record(hold: Hold, report: AttemptReport): Promise<FailingStreak | undefined>;
  release(hold: Hold, result: VisitResult): Promise<void>;
}

const relayReply = z.union([
  z.tuple([z.literal('unknown_endpoints')]),
  z.tuple([z.literal('relayed'), z.array(z.string())]),
]);
const holdReply = z.tuple([
  z.array(z.tuple([z.string(), z.string()])),
  z.union([z.literal(''), z.coerce.number()]),
]);
const dueReply = z.union([
  z.tuple([z.literal('lost')]),
  z.tuple([z.literal('held'), z.string(), z.array(deliveryReply)]),
]);
const recordReply = z.union([
  z.tuple([z.literal('lost')]),
  z.tuple([z.literal('recorded'), z.number(), z.number()]),
]);

export function defineDispatchScripts(
  redis: Redis,
  root: string,
  { group, log, aheadMs }: { group: string; log: DeliveryLogBounds; aheadMs: () => number },
): DispatchScripts {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const relay = define('make deliveries of an event', relayEventLua);
  const hold = define('take receivers', holdReceiversLua);
  const renew = define('renew the holds on receivers', renewHoldsLua);
  const due = define('read due deliveries', dueDeliveriesLua);
  const record = define('record an attempt', recordAttemptLua);
  const release = define('let a receiver go', releaseReceiverLua);
  return {
    relay: async (event, { mostWaiting, firstDelayMs }) => {
      const { streamId, eventId, eventType, subjectId, ownerId, occurredAtMs, ownReceiverId } = event;
      const subject = [eventId, eventType, subjectId, ownerId, occurredAtMs, ownReceiverId ?? ''];
      const reply = relayReply.parse(
        await relay(aheadMs(), streamId, group, ...subject, mostWaiting, firstDelayMs),
      );
      return reply[0] === 'relayed' ? { kind: 'relayed', overflowing: reply[1] } : { kind: reply[0] };
    },
    hold: async (lane, { most, free, placesByOwner, holdMs, token }) => {
      const places = [...placesByOwner].flat();
      const reply = await hold(aheadMs(), lane, most, holdMs, token, free, ...places);
      const [taken, next] = holdReply.parse(reply);
      return {
        holds: taken.map(([receiverId, ownerId]) => ({ receiverId, ownerId, token })),
        nextInMs: next === '' ? undefined : next,
      };
    },
    renew: async (holds, holdMs) => {
      const pairs = holds.flatMap(({ receiverId, token }) => [receiverId, token]);
      return z.array(z.string()).parse(await renew(aheadMs(), holdMs, ...pairs));
    },
    due: async ({ receiverId, token }, { most, holdMs }) => {
      const reply = dueReply.parse(await due(aheadMs(), receiverId, token, most, holdMs));
      if (reply[0] === 'lost') return undefined;
      const endpoint = reply[1] === '' ? undefined : parseEndpointRecord(reply[1]);
      return { endpoint, deliveries: reply[2].map(parseDelivery) };
    },
    record: async ({ receiverId, token }, report) => {
      const { deliveryId, series, outcome, attempt = '', nextInMs = 0, restMs = 0, counts } = report;
      const facts = [deliveryId, outcome, attempt, nextInMs, restMs, counts ? 1 : 0];
      const reply = recordReply.parse(
        await record(aheadMs(), receiverId, token, ...facts, log.entries, log.ageMs, series),
      );
      return reply[0] === 'lost' ? undefined : { events: reply[1], forMs: reply[2] };
    },
    release: async ({ receiverId, token }, { kind, isSlow }) =>
      void (await release(aheadMs(), receiverId, token, kind, isSlow ? 1 : 0)),
  };
}
