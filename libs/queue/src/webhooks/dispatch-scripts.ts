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

/** Receivers that fail are taken from a lane of their own, so that they never stand in another one's way. */
export type Lane = 'steady' | 'failing';

/** A receiver that this dispatcher alone delivers to. */
export interface Hold {
  readonly receiverId: string;
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
export type VisitResult = 'took' | 'failed' | 'nothing';

/** The scripts with which dispatchers share the work. */
export interface DispatchScripts {
  relay(event: RelayedEvent, bounds: { mostWaiting: number; firstDelayMs: number }): Promise<RelayOutcome>;
  /** `nextInMs`: when the lane has more, undefined where it is empty. */
  hold(
    lane: Lane,
    options: { most: number; holdMs: number; token: string },
  ): Promise<{ holds: Hold[]; nextInMs: number | undefined }>;
  /** @returns the receivers that are no longer held */
  renew(holds: readonly Hold[], holdMs: number): Promise<string[]>;
  /** Undefined: the hold is lost. */
  due(hold: Hold, most: number): Promise<DueDeliveries | undefined>;
  /** Undefined: the hold is lost, and nothing was recorded. */
  record(hold: Hold, report: AttemptReport): Promise<FailingStreak | undefined>;
  release(hold: Hold, result: VisitResult): Promise<void>;
}

const relayReply = z.union([
  z.tuple([z.literal('unknown_endpoints')]),
  z.tuple([z.literal('relayed'), z.array(z.string())]),
]);
const holdReply = z.tuple([z.array(z.string()), z.union([z.literal(''), z.coerce.number()])]);
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
    hold: async (lane, { most, holdMs, token }) => {
      const [ids, next] = holdReply.parse(await hold(aheadMs(), lane, most, holdMs, token));
      return {
        holds: ids.map((receiverId) => ({ receiverId, token })),
        nextInMs: next === '' ? undefined : next,
      };
    },
    renew: async (holds, holdMs) => {
      const pairs = holds.flatMap(({ receiverId, token }) => [receiverId, token]);
      return z.array(z.string()).parse(await renew(aheadMs(), holdMs, ...pairs));
    },
    due: async ({ receiverId, token }, most) => {
      const reply = dueReply.parse(await due(aheadMs(), receiverId, token, most));
      if (reply[0] === 'lost') return undefined;
      const endpoint = reply[1] === '' ? undefined : parseEndpointRecord(reply[1]);
      return { endpoint, deliveries: reply[2].map(parseDelivery) };
    },
    record: async ({ receiverId, token }, report) => {
      const { deliveryId, outcome, attempt = '', nextInMs = 0, restMs = 0, counts } = report;
      const facts = [deliveryId, outcome, attempt, nextInMs, restMs, counts ? 1 : 0];
      const reply = recordReply.parse(
        await record(aheadMs(), receiverId, token, ...facts, log.entries, log.ageMs),
      );
      return reply[0] === 'lost' ? undefined : { events: reply[1], forMs: reply[2] };
    },
    release: async ({ receiverId, token }, result) =>
      void (await release(aheadMs(), receiverId, token, result)),
  };
}
