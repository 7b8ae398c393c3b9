import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Repeated } from './repeated.js';
import { type TenantName, type Tenants, TENANT_NAMES } from './tenants.js';

const LOOK_EVERY_MS = 40;

/**
 * What an owner takes at one moment, as it is counted and as it is. ARGV: owner, UTC day. Redis does nothing else meanwhile.
 */
const LOOK = `
local root, owner, day = '{tessera}', ARGV[1], ARGV[2]
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local isQueued, queued, returned, strays = {}, 0, 0, 0
for _, id in ipairs(redis.call('ZRANGE', root .. ':jobs:queued', 0, -1)) do
  local facts = redis.call('HMGET', root .. ':job:' .. id, 'ownerId', 'attempts')
  if facts[1] == owner then
    isQueued[id] = true
    queued = queued + 1
    if tonumber(facts[2]) > 0 then returned = returned + 1 end
  end
end
local counted = redis.call('ZRANGE', root .. ':jobs-of:' .. owner .. ':queued', 0, -1)
for _, id in ipairs(counted) do if not isQueued[id] then strays = strays + 1 end end

local total, sum = 0, 0
local entries = redis.call('HGETALL', root .. ':stored-bytes:' .. owner)
for at = 1, #entries, 2 do
  local entry, bytes = entries[at], tonumber(entries[at + 1])
  if entry == 'total' then total = bytes else sum = sum + bytes end
  local kind, id = string.match(entry, '^(%a+):(.*)$')
  local exists = entry == 'total' or redis.call('ZSCORE', root .. ':byte-claims', owner .. ' ' .. entry)
    or kind == 'job' and redis.call('EXISTS', root .. ':job:' .. id) == 1
    or kind == 'file' and redis.call('HEXISTS', root .. ':file-records', id) == 1
  if not exists then strays = strays + 1 end
end
return {
  #counted, queued, returned, redis.call('ZCOUNT', root .. ':request-leases:' .. owner, nowMs, '+inf'),
  total, sum, tonumber(redis.call('GET', root .. ':tokens:' .. day .. ':' .. owner) or 0), strays,
}
`;

/** One look at one owner. */
export interface Sample {
  /** What was seen was so at a time between these two. */
  readonly fromMs: number;
  readonly atMs: number;
  /** Queued jobs as they are counted for the limit, and as the records say. */
  readonly countedQueued: number;
  readonly queued: number;
  /** Of those, begun before and come back since their worker died. */
  readonly returned: number;
  readonly leases: number;
  readonly storedBytes: number;
  /** Sum of the entries that the total counts. */
  readonly storedEntriesBytes: number;
  readonly tokens: number;
  /** Entries of what does not exist. */
  readonly strays: number;
}

/** Looks into Redis at every tenant again and again. */
export class Sampler {
  readonly samples: Readonly<Record<TenantName, Sample[]>> = {
    streams: [],
    queue: [],
    storage: [],
    tokens: [],
  };
  private readonly redis: Redis;
  private readonly looking: Repeated;

  constructor(
    url: string,
    private readonly tenants: Tenants,
  ) {
    this.redis = new Redis(url);
    this.looking = new Repeated(() => this.lookAtAll());
  }

  latest(name: TenantName): Sample | undefined {
    return this.samples[name].at(-1);
  }

  throwIfFailed(): void {
    this.looking.throwIfFailed();
  }

  async stop(): Promise<void> {
    await this.looking.stop();
  }

  close(): void {
    this.redis.disconnect();
  }

  private async lookAtAll(): Promise<void> {
    for (const name of TENANT_NAMES) this.samples[name].push(await this.look(this.tenants[name].keyId));
    await delay(LOOK_EVERY_MS);
  }

  private async look(ownerId: string): Promise<Sample> {
    const fromMs = Date.now();
    const day = Math.floor(fromMs / 86_400_000);
    const reply = (await this.redis.eval(LOOK, 0, ownerId, day)) as number[];
    const [countedQueued, queued, returned, leases, storedBytes, storedEntriesBytes, tokens, strays] =
      reply as [number, number, number, number, number, number, number, number];
    const stored = { storedBytes, storedEntriesBytes };
    return { fromMs, atMs: Date.now(), countedQueued, queued, returned, leases, ...stored, tokens, strays };
  }
}
