import { setTimeout as delay } from 'node:timers/promises';
import { MEMBER_NAMES, type MemberName, type TenantSystem } from './tenant-system.js';

/** Of the blows, those that hit two processes at once. */
const DOUBLE_BLOWS = 0.25;

/** One blow: everything in it is killed at the same time. */
export interface Blow {
  readonly pauseMs: number;
  readonly victims: readonly MemberName[];
}

/** A process was there until `atMs`, and gone at `goneAtMs`. Unix milliseconds, as everywhere here. */
export interface Kill {
  readonly member: MemberName;
  readonly atMs: number;
  readonly goneAtMs: number;
}

/** Blows that take about so long together; the same numbers give the same ones. */
export function planBlows(count: number, totalMs: number, random: () => number): Blow[] {
  const pick = (): MemberName => MEMBER_NAMES[Math.floor(random() * MEMBER_NAMES.length)] ?? 'worker';
  return Array.from({ length: count }, () => {
    const first = pick();
    const second = random() < DOUBLE_BLOWS ? pick() : first;
    const pauseMs = (totalMs / count) * (0.25 + 1.5 * random());
    return { pauseMs, victims: [...new Set([first, second])] };
  });
}

/** Carries one out; the members start again by themselves. */
export async function carryOutBlow({ members }: TenantSystem, { pauseMs, victims }: Blow): Promise<Kill[]> {
  await delay(pauseMs);
  return Promise.all(
    victims.map(async (member) => {
      const atMs = Date.now();
      await members[member].kill();
      return { member, atMs, goneAtMs: Date.now() };
    }),
  );
}
