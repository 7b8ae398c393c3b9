import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { type QueueConnection } from '../connection.js';
import { UnknownCursorError } from '../errors.js';
import { holdLeaseLua, releaseLeaseLua } from '../lua/manage-batch.lua.js';
import {
  endpointIdsLua,
  listDeliveriesLua,
  listEndpointsLua,
  markEndpointsKnownLua,
  putEndpointLua,
  readEndpointLua,
  redeliverFailedLua,
  redeliverLua,
  removeEndpointLua,
  trimLogLua,
} from '../lua/webhook-endpoints.lua.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { defineScript } from '../script.js';
import { type WebhookIndex } from './webhook-index.js';
import { deliveryReply, parseDelivery, parseEndpointRecord } from './webhook-records.js';

/** Deliveries that one script works on, so that Redis does nothing else for a moment only. */
const DELIVERIES_PER_CALL = 500;

const unknownReply = z.tuple([z.literal('unknown_endpoints')]);
const endpointReply = z.union([unknownReply, z.tuple([z.literal('record'), z.string()])]);
const endpointsReply = z.union([unknownReply, z.tuple([z.literal('records'), z.array(z.string())])]);
const pageReply = z.union([
  z.tuple([z.literal('page'), z.array(deliveryReply)]),
  z.tuple([z.literal('unknown_cursor')]),
]);
const redeliverReply = z.union([
  z.tuple([z.literal('delivery'), deliveryReply]),
  z.tuple([z.literal('not_found')]),
]);

type EndpointMethods = Pick<
  WebhookIndex,
  'endpoint' | 'endpointsOf' | 'putEndpoint' | 'removeEndpoint' | 'endpointIds' | 'markEndpointsKnown'
>;
type DeliveryMethods = Pick<WebhookIndex, 'deliveries' | 'redeliver' | 'redeliverFailed' | 'trimLog'>;

/**
 * Opens endpoints and their deliveries over a connection of its own. Every method rejects with `service_unavailable` at
 * once while Redis is away.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function openWebhookIndex(options: {
  readonly connection: QueueConnection;
  readonly logger: Logger;
}): Promise<WebhookIndex> {
  const redis = await connectRedis(options.connection, 'fail-fast', options.logger);
  const root = keyRootOf(options.connection);
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const holdLease = define('hold a lease', holdLeaseLua);
  const releaseLease = define('release a lease', releaseLeaseLua);
  return {
    ...defineEndpointMethods(redis, root),
    ...defineDeliveryMethods(redis, root),
    holdLease: async (name, holder, forMs) => z.int().parse(await holdLease(name, holder, forMs)) === 1,
    releaseLease: async (name, holder) => void (await releaseLease(name, holder)),
    ping: () => pingRedis(redis),
    close: async () => redis.disconnect(),
  };
}

function defineEndpointMethods(redis: Redis, root: string): EndpointMethods {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const read = define('read the webhook endpoint', readEndpointLua);
  const list = define('list webhook endpoints', listEndpointsLua);
  const put = define('write the webhook endpoint', putEndpointLua);
  const remove = define('remove the webhook endpoint', removeEndpointLua);
  const ids = define('list the ids of webhook endpoints', endpointIdsLua);
  const markKnown = define('mark the webhook endpoints as known', markEndpointsKnownLua);
  return {
    endpoint: async (id) => {
      const reply = endpointReply.parse(await read(id));
      if (reply[0] === 'unknown_endpoints') return 'unknown';
      return reply[1] === '' ? undefined : parseEndpointRecord(reply[1]);
    },
    endpointsOf: async (ownerId) => {
      const reply = endpointsReply.parse(await list(ownerId));
      return reply[0] === 'unknown_endpoints' ? 'unknown' : reply[1].map(parseEndpointRecord);
    },
    putEndpoint: async (record) => {
      const { id, ownerId, createdAtMs, revision, disabled, eventTypes } = record;
      const isEnabled = disabled === undefined ? 1 : 0;
      await put(id, ownerId, createdAtMs, revision, isEnabled, JSON.stringify(record), ...eventTypes);
    },
    removeEndpoint: async (id) => {
      while ((await remove(id, DELIVERIES_PER_CALL)) === 'more');
    },
    endpointIds: async () => z.array(z.string()).parse(await ids()),
    markEndpointsKnown: async () => void (await markKnown()),
  };
}

function defineDeliveryMethods(redis: Redis, root: string): DeliveryMethods {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const list = define('list deliveries', listDeliveriesLua);
  const redeliver = define('deliver again', redeliverLua);
  const redeliverFailed = define('deliver again what has failed', redeliverFailedLua);
  const trimLog = define('trim the log of a webhook endpoint', trimLogLua);
  return {
    deliveries: async (endpointId, { limit, status = '', after = '' }) => {
      // One more than asked for tells whether there are more.
      const reply = pageReply.parse(await list(endpointId, status, after, limit + 1));
      if (reply[0] === 'unknown_cursor') throw new UnknownCursorError(after, 'delivery');
      const records = reply[1].map(parseDelivery);
      return { records: records.slice(0, limit), hasMore: records.length > limit };
    },
    redeliver: async (endpointId, deliveryId) => {
      const reply = redeliverReply.parse(await redeliver(endpointId, deliveryId));
      return reply[0] === 'not_found' ? undefined : parseDelivery(reply[1]);
    },
    redeliverFailed: async (endpointId, sinceMs) => {
      let total = 0;
      let count: number;
      do {
        count = z.int().parse(await redeliverFailed(endpointId, sinceMs, DELIVERIES_PER_CALL));
        total += count;
      } while (count === DELIVERIES_PER_CALL);
      return total;
    },
    trimLog: async (endpointId, { entries, ageMs }) => {
      while ((await trimLog(endpointId, entries, ageMs)) === 'more');
    },
  };
}
