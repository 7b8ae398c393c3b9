import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ClaimOutcome } from '@tessera/queue';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { claimBytes } from './claim-bytes.js';

const MINUTE_MS = 60_000;
const CONTENT = { ownerId: 'key_a', kind: 'file', id: 'file-1' } as const;

interface Claimed {
  readonly neededBytes: number;
  readonly wantedBytes: number;
  readonly lapseMs: number;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Notes what is claimed, and gives as much. */
function startClaims(outcome: (claim: Claimed) => ClaimOutcome = toClaimed) {
  const claims: Claimed[] = [];
  const storedBytes = {
    claim: async (_content: object, claim: Claimed) => {
      claims.push(claim);
      return outcome(claim);
    },
  };
  return { claims, options: { storedBytes, limitBytes: 100 } };
}

function toClaimed({ wantedBytes }: Claimed): ClaimOutcome {
  return { kind: 'claimed', bytes: wantedBytes };
}

async function* chunks(...lengths: number[]): AsyncGenerator<Uint8Array> {
  for (const length of lengths) yield new Uint8Array(length);
}

it('renews a claim every minute while the bytes stand still, so that it ends soon after its process', async () => {
  const { claims, options } = startClaims();
  const passed = claimBytes(chunks(10, 10), CONTENT, options);
  await passed.next();
  expect(claims).toEqual([expect.objectContaining({ neededBytes: 10, wantedBytes: 20 })]);
  await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
  expect(claims).toHaveLength(31);
  expect(claims[30]).toMatchObject({ neededBytes: 10, wantedBytes: 20 });
  for (const { lapseMs } of claims) expect(lapseMs).toBe(3 * MINUTE_MS);
});

it('ends with its bytes, and where they are given up', async () => {
  for (const end of ['all', 'given up'] as const) {
    const { claims, options } = startClaims();
    const passed = claimBytes(chunks(10, 10), CONTENT, options);
    await passed.next();
    if (end === 'given up') await passed.return(undefined);
    else for await (const chunk of passed) expect(chunk).toHaveLength(10);
    const before = claims.length;
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(claims).toHaveLength(before);
  }
});

it('does not outlive bytes that will never come', async () => {
  const { claims, options } = startClaims();
  await claimBytes(chunks(10, 10), CONTENT, options).next();
  await vi.advanceTimersByTimeAsync(10 * 60 * MINUTE_MS);
  expect(claims.length).toBeLessThan(70);
});

it('asks for all of it again where a renewal failed or found no room', async () => {
  let outcome: ClaimOutcome | Error = { kind: 'claimed', bytes: 40 };
  const { claims, options } = startClaims(() => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  const passed = claimBytes(chunks(20, 10, 5), CONTENT, options);
  await passed.next();
  outcome = new Error('Redis is away');
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect((await passed.next()).done).toBe(false);
  expect(claims).toHaveLength(2);

  outcome = { kind: 'exceeded', storedBytes: 90 };
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  await nextTurn();
  await expect(passed.next()).rejects.toMatchObject({ code: 'storage_limit_exceeded', storedBytes: 90 });
  expect(claims.at(-1)).toMatchObject({ neededBytes: 35, wantedBytes: 70 });
});
