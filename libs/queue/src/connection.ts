/** Which Redis, and which keys in it. Processes with the same connection share jobs. */
export interface QueueConnection {
  /** `redis:` or `rediss:` URL. */
  readonly url: string;
  /** First part of every key; keys begin `{<prefix>}`, so that they share a slot of a Redis Cluster. */
  readonly prefix: string;
}
