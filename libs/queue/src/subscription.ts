import { type Logger } from '@tessera/observability';
import { type QueueConnection } from './connection.js';
import { callRedis, connectRedis } from './redis-client.js';

export interface Subscription {
  close(): void;
}

/**
 * Subscribes to a channel over a connection of its own, and again whenever that has reconnected. What was published
 * while it was away is lost: `onResubscribed` is where the subscriber looks for itself.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function subscribe(
  connection: QueueConnection,
  channel: string,
  {
    logger,
    onMessage,
    onResubscribed,
  }: { logger: Logger; onMessage: (message: string) => void; onResubscribed: () => void },
): Promise<Subscription> {
  const subscriber = await connectRedis(connection, 'patient', logger);
  subscriber.on('message', (_channel: string, message: string) => onMessage(message));
  try {
    await callRedis(`subscribe to ${channel}`, () => subscriber.subscribe(channel));
  } catch (error) {
    subscriber.disconnect();
    throw error;
  }
  subscriber.on('ready', () => {
    subscriber.subscribe(channel).then(onResubscribed, (err: unknown) => {
      logger.warn({ err, channel }, 'could not subscribe again');
    });
  });
  return { close: () => subscriber.disconnect() };
}
