import { type ServedModel } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { announceLua, listAnnouncedLua, withdrawLua } from './lua/announcement.lua.js';
import { defineScript } from './script.js';

/** An announcement outlives this many missed heartbeats. */
const MISSED_HEARTBEATS = 3;

const servedModel: z.ZodType<ServedModel> = z.object({
  id: z.string(),
  revision: z.string(),
  contextTokens: z.int(),
  tokensPerTile: z.int(),
  tileSizePixels: z.int(),
  defaultMaxTiles: z.int(),
  slotCount: z.int().exactOptional(),
  precision: z.string(),
  device: z.string(),
});

/** A reader of what live consumers announce, the longest announced last: one entry each. */
export function listConsumers(redis: Redis, root: string): () => Promise<ServedModel[]> {
  const list = defineScript(redis, root, { action: 'list the served models', lua: listAnnouncedLua });
  return async () =>
    z
      .array(z.string())
      .parse(await list())
      .map((text) => servedModel.parse(JSON.parse(text)));
}

/** A reader of the models that live consumers announce, each id once, as its newest announcement describes it. */
export function listServedModels(redis: Redis, root: string): () => Promise<ServedModel[]> {
  const list = listConsumers(redis, root);
  return async () => [...new Map((await list()).map((model) => [model.id, model])).values()];
}

/** A consumer's announcement, kept alive until it is withdrawn; it ends by itself when the process dies. */
export class Announcement {
  private constructor(
    private readonly heartbeat: NodeJS.Timeout,
    private readonly withdrawNow: () => Promise<unknown>,
  ) {}

  static async publish(
    redis: Redis,
    root: string,
    announced: { consumerId: string; model: ServedModel; heartbeatMs: number; logger: Logger },
  ): Promise<Announcement> {
    const { consumerId, heartbeatMs, logger } = announced;
    const announce = defineScript(redis, root, { action: 'announce the model', lua: announceLua });
    const withdraw = defineScript(redis, root, { action: 'withdraw the model', lua: withdrawLua });
    const model = JSON.stringify(announced.model);
    const beat = () => announce(consumerId, model, heartbeatMs * MISSED_HEARTBEATS);
    await beat();
    const heartbeat = setInterval(() => {
      beat().catch((err: unknown) => logger.warn({ err }, 'could not keep the announcement alive'));
    }, heartbeatMs);
    // While Redis is away the announcement ends by itself.
    return new Announcement(heartbeat, async () => redis.status === 'ready' && withdraw(consumerId));
  }

  async withdraw(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.withdrawNow();
  }
}
