import { setTimeout as delay } from 'node:timers/promises';
import { type DrillSystem } from './drill-system.js';
import { type Exit, type ServiceName } from './member.js';

export type Victim = ServiceName | 'redis';

export const VICTIMS: readonly Victim[] = ['worker', 'dispatcher', 'api', 'redis'];
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;
const LONGEST_REDIS_ABSENCE_MS = 1_500;
/** Every so manyth strike is followed by one process being asked to stop. */
const DRAIN_EVERY = 8;

/** One blow: everything in it is killed at the same time. */
export interface Strike {
  readonly pauseMs: number;
  readonly victims: readonly Victim[];
  readonly redisAbsenceMs: number;
  /** Asked to stop, some time after the blow. */
  readonly drained: ServiceName | undefined;
}

/** Nobody has been killed yet. */
export function noKills(): Record<Victim, number> {
  return { worker: 0, dispatcher: 0, api: 0, redis: 0 };
}

/** Blows in a row; the same seed gives the same ones. */
export function planStrikes(count: number, random: () => number): Strike[] {
  return Array.from({ length: count }, (_, index) => ({
    pauseMs: SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS),
    victims: chooseVictims(random),
    redisAbsenceMs: random() * LONGEST_REDIS_ABSENCE_MS,
    drained:
      index % DRAIN_EVERY === DRAIN_EVERY - 1
        ? (pick(VICTIMS.slice(0, 3), random) as ServiceName)
        : undefined,
  }));
}

/** Mostly one, sometimes two, sometimes all. */
function chooseVictims(random: () => number): readonly Victim[] {
  const chance = random();
  if (chance < 0.1) return VICTIMS;
  const first = pick(VICTIMS, random);
  if (chance < 0.7) return [first];
  return [
    first,
    pick(
      VICTIMS.filter((victim) => victim !== first),
      random,
    ),
  ];
}

function pick<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** What a drain came to. */
export interface DrainOutcome {
  readonly name: ServiceName;
  /** `in order` is exit code 0; a process that was still starting has nothing to hand back and just ends. */
  readonly end: 'in order' | 'while starting' | `exit code ${number}`;
  readonly ms: number;
}

/** Carries one out, and starts again what it killed; the members start by themselves. */
export async function carryOut(system: DrillSystem, strike: Strike): Promise<DrainOutcome | undefined> {
  await delay(strike.pauseMs);
  const { redis, members } = system;
  await Promise.all(
    strike.victims.map((victim) => (victim === 'redis' ? redis.kill() : members[victim].kill())),
  );
  if (strike.victims.includes('redis')) {
    await delay(strike.redisAbsenceMs);
    await redis.restart();
  }
  if (strike.drained === undefined) return undefined;
  await delay(SHORTEST_PAUSE_MS);
  return drain(system, strike.drained);
}

async function drain({ members }: DrillSystem, name: ServiceName): Promise<DrainOutcome | undefined> {
  const startedAt = performance.now();
  const exit = await members[name].drain();
  if (exit === undefined) return undefined;
  return { name, end: describeEnd(exit), ms: Math.round(performance.now() - startedAt) };
}

function describeEnd({ code }: Exit): DrainOutcome['end'] {
  if (code === null) return 'while starting';
  return code === 0 ? 'in order' : `exit code ${code}`;
}
