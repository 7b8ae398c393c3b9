import {
  FetchConnectionError,
  FetchRefusedError,
  HostPausedError,
  type Lookup,
  PoliteFetcher,
  type PoliteFetcherOptions,
} from '@tessera/safe-fetch';
import { freeLoopbackPort } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GuestHouse, openGuestHouse } from './guest-house.js';
import { ManualClock } from './manual-clock.js';

const limits = { maxBytes: 1000, timeoutMs: 20_000 };

let house: GuestHouse;
let clock: ManualClock;
let opened: PoliteFetcher[];
beforeEach(async () => {
  house = await openGuestHouse();
  clock = new ManualClock();
  opened = [];
});
afterEach(async () => {
  clock.stop();
  await house.server.stop();
  for (const fetcher of opened) await fetcher.close();
});

const everythingIsHere: Lookup = async () => [{ address: '127.0.0.1', family: 4 }];

function openFetcher(overrides: Partial<PoliteFetcherOptions> = {}): PoliteFetcher {
  const fetcher = new PoliteFetcher({
    allowedPrivateNetworks: ['127.0.0.0/8'],
    lookup: everythingIsHere,
    concurrency: 20,
    concurrencyPerHost: 2,
    requestsPerSecondPerHost: undefined,
    attempts: 3,
    maxPauseMs: 100_000,
    maxWaitMs: 60_000,
    dnsCacheMs: 60_000,
    clock,
    random: () => 0.5,
    ...overrides,
  });
  opened.push(fetcher);
  return fetcher;
}

/** A fetch of a path of a host; a rejection is for whoever awaits it. */
function visit(fetcher: PoliteFetcher, host: string, path = '/held', signal?: AbortSignal) {
  const fetching = fetcher.fetchBytes(house.url(host, path), { ...limits, signal });
  fetching.catch(() => undefined);
  return fetching;
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

describe('requests at a time', () => {
  it('are so many to one host and no more, however many want it', async () => {
    const fetcher = openFetcher({ concurrencyPerHost: 3 });
    const fetches = times(9, () => visit(fetcher, 'a.example'));
    for (let released = 0; released < 9; released += 1) {
      await house.arrived(Math.min(9, released + 3), '/held');
      // What was sent together with it would have come before it.
      await visit(fetcher, `${released}.example`, '/free');
      expect(house.held).toHaveLength(Math.min(3, 9 - released));
      house.release();
    }
    await Promise.all(fetches);
    expect(house.mostHeld).toBe(3);
  });

  it('are so many to all hosts together', async () => {
    const fetcher = openFetcher({ concurrency: 2 });
    const fetches = Array.from({ length: 8 }, (_, host) => visit(fetcher, `${host}.example`));
    for (let released = 0; released < 8; released += 1) {
      await house.arrived(Math.min(8, released + 2));
      house.release();
    }
    await Promise.all(fetches);
    expect(house.mostHeld).toBe(2);
  });

  it('count by host, not by port or final dot', async () => {
    const fetcher = openFetcher({ concurrencyPerHost: 1 });
    const other = await openGuestHouse();
    const fetches = [
      visit(fetcher, 'a.example'),
      visit(fetcher, 'a.example.'),
      fetcher.fetchBytes(other.url('A.example'), limits),
    ];
    await house.arrived(1);
    await visit(fetcher, 'b.example', '/free');
    expect([...house.held, ...other.held]).toHaveLength(1);
    house.release();
    await house.arrived(2, '/held');
    expect(other.held).toHaveLength(0);
    house.release();
    await other.arrived(1);
    other.release();
    await Promise.all(fetches);
    await other.server.stop();
  });

  it('leave everybody else alone while one host is slow', async () => {
    const fetcher = openFetcher({ concurrency: 3, concurrencyPerHost: 2 });
    const slow = times(50, () => visit(fetcher, 'slow.example'));
    await house.arrived(2);
    const quick = Array.from({ length: 30 }, (_, i) => visit(fetcher, `quick${i % 3}.example`, '/free'));
    expect(await Promise.all(quick)).toHaveLength(30);
    expect(house.visits.filter((visited) => visited === 'slow.example/held')).toHaveLength(2);
    for (let released = 0; released < 50; released += 1) {
      await house.arrived(released + 1, '/held');
      house.release();
    }
    await Promise.all(slow);
  });

  it('reuse connections', async () => {
    const fetcher = openFetcher();
    for (let i = 0; i < 20; i += 1) await visit(fetcher, 'a.example', '/free');
    expect(house.server.connectionCount).toBeLessThanOrEqual(2);
  });

  it('begin so many a second, evenly spread, where a rate is set', async () => {
    const fetcher = openFetcher({ requestsPerSecondPerHost: 4, concurrencyPerHost: 10 });
    const fetches = times(3, () => visit(fetcher, 'a.example', '/free'));
    expect(await clock.waits(2)).toEqual([250, 250]);
    await visit(fetcher, 'b.example', '/free');
    clock.advance(249);
    await visit(fetcher, 'c.example', '/free');
    expect(house.visits).toEqual(['a.example/free', 'b.example/free', 'c.example/free']);
    clock.advance(1);
    await house.arrived(4);
    expect(await clock.waits(1)).toEqual([250]);
    clock.advance(250);
    await Promise.all(fetches);
    expect(house.visits).toHaveLength(5);
  });

  it('are not made for whoever has called off', async () => {
    const fetcher = openFetcher({ concurrencyPerHost: 1 });
    const first = visit(fetcher, 'a.example');
    await house.arrived(1);
    const abort = new AbortController();
    const second = visit(fetcher, 'a.example', '/free', abort.signal);
    const reason = new Error('cancelled');
    abort.abort(reason);
    await expect(second).rejects.toBe(reason);
    house.release();
    await first;
    const last = visit(fetcher, 'a.example');
    await house.arrived(2, '/held');
    house.release();
    await last;
    expect(house.visits).not.toContain('a.example/free');
  });
});

describe('redirects', () => {
  it('wait for the turn of the host that they lead to, and keep nobody from the one they come from', async () => {
    const fetcher = openFetcher({ concurrencyPerHost: 1 });
    house.answer('/moved', (response) =>
      response.writeHead(302, { location: house.url('b.example', '/free') }).end(),
    );
    const holding = visit(fetcher, 'b.example');
    await house.arrived(1);
    const moved = visit(fetcher, 'a.example', '/moved');
    await house.arrived(2);
    await visit(fetcher, 'a.example', '/free');
    expect(house.visits).toEqual(['b.example/held', 'a.example/moved', 'a.example/free']);
    house.release();
    await Promise.all([holding, moved]);
    expect(house.visits.at(-1)).toBe('b.example/free');
  });

  it('are bounded, and lead to no address that is off limits', async () => {
    const fetcher = openFetcher();
    house.answer('/loop', (response) => response.writeHead(302, { location: '/loop' }).end());
    house.answer('/inside', (response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end());
    await expect(visit(fetcher, 'a.example', '/loop')).rejects.toMatchObject({ maxRedirects: 5 });
    await expect(visit(fetcher, 'a.example', '/inside')).rejects.toMatchObject({ code: 'url_not_allowed' });
    expect(house.visits).toHaveLength(7);
  });
});

describe('attempts', () => {
  it('are made again after growing pauses, with chance in them, and their number is kept', async () => {
    const fetcher = openFetcher();
    house.answer('/a', (response) => response.writeHead(500).end());
    const fetching = visit(fetcher, 'a.example', '/a');
    expect(await clock.waits(1)).toEqual([750]);
    clock.advance(750);
    expect(await clock.waits(1)).toEqual([1500]);
    clock.advance(1500);
    await expect(fetching).rejects.toMatchObject({ code: 'image_fetch_failed', status: 500 });
    expect(house.visits).toHaveLength(3);
  });

  it.each([408, 425, 500, 504])('follow a %i', async (status) => {
    const fetcher = openFetcher();
    house.answer('/a', (response) => {
      if (house.visits.length === 1) response.writeHead(status).end();
      else response.end('x');
    });
    const fetching = visit(fetcher, 'a.example', '/a');
    await clock.waits(1);
    clock.advance(750);
    expect(await fetching).toHaveLength(1);
  });

  it('follow connections that break, are refused, or time out', async () => {
    const fetcher = openFetcher();
    house.answer('/broken', (response) => response.destroy());
    house.answer('/silent', () => undefined);
    const refused = `http://127.0.0.9:${await freeLoopbackPort()}/`;
    const short = { ...limits, timeoutMs: 100 };
    for (const url of [house.url('a.example', '/broken'), house.url('b.example', '/silent'), refused]) {
      const fetching = fetcher.fetchBytes(url, short);
      fetching.catch(() => undefined);
      for (const ms of [750, 1500]) {
        expect(await clock.waits(1)).toEqual([ms]);
        clock.advance(ms);
      }
      await expect(fetching).rejects.toMatchObject({ retryable: true });
    }
    expect(house.visits).toHaveLength(6);
  });

  it('end at once with what stays as it is', async () => {
    const lookup: Lookup = async () => {
      throw Object.assign(new Error('nobody knows it'), { code: 'ENOTFOUND' });
    };
    house.answer('/gone', (response) => response.writeHead(404).end());
    house.answer('/long', (response) => response.end(Buffer.alloc(1001)));
    house.answer('/odd', (response) => response.writeHead(300).end());
    const fetcher = openFetcher();
    await expect(visit(fetcher, 'a.example', '/gone')).rejects.toMatchObject({ code: 'image_not_found' });
    await expect(visit(fetcher, 'a.example', '/long')).rejects.toMatchObject({ code: 'image_too_large' });
    await expect(visit(fetcher, 'a.example', '/odd')).rejects.toMatchObject({ status: 300 });
    expect(house.visits).toHaveLength(3);
    const nameless = openFetcher({ lookup });
    await expect(visit(nameless, 'nobody.example')).rejects.toMatchObject({
      code: 'image_fetch_failed',
      cause: { code: 'ENOTFOUND' },
    });
    await expect(visit(fetcher, '10.0.0.1')).rejects.toMatchObject({ code: 'url_not_allowed' });
  });
});

describe('a host that asks for a pause', () => {
  it.each([429, 503])('is left alone as a whole for as long, and others are not (%i)', async (status) => {
    const fetcher = openFetcher();
    house.answer('/busy', (response) => {
      if (house.visits.length === 1) response.writeHead(status, { 'retry-after': '7' }).end();
      else response.end('ready');
    });
    const fetching = visit(fetcher, 'a.example', '/busy');
    expect(await clock.waits(1)).toEqual([7000]);
    const other = visit(fetcher, 'a.example', '/free');
    expect(await clock.waits(2)).toEqual([7000, 7000]);
    await visit(fetcher, 'b.example', '/free');
    clock.advance(6999);
    await visit(fetcher, 'c.example', '/free');
    expect(house.visits).toEqual(['a.example/busy', 'b.example/free', 'c.example/free']);
    clock.advance(1);
    expect(await fetching).toHaveLength(5);
    await other;
  });

  it('is left alone for a second when it does not say how long', async () => {
    const fetcher = openFetcher();
    house.answer('/busy', (response) => response.writeHead(429).end());
    void visit(fetcher, 'a.example', '/busy');
    expect(await clock.waits(1)).toEqual([1000]);
    clock.advance(1000);
    await house.arrived(2);
  });

  it('gets the longest pause there is, and who would wait for too long is sent away', async () => {
    const fetcher = openFetcher({ maxPauseMs: 61_000 });
    house.answer('/busy', (response) => response.writeHead(429, { 'retry-after': '86400' }).end());
    await expect(visit(fetcher, 'a.example', '/busy')).rejects.toMatchObject({
      code: 'image_fetch_failed',
      retryable: true,
      host: 'a.example',
      pausedForMs: 61_000,
      cause: { status: 429 },
    });
    await expect(visit(fetcher, 'a.example', '/free')).rejects.toMatchObject({ pausedForMs: 61_000 });
    clock.advance(1000);
    const fetching = visit(fetcher, 'a.example', '/free');
    expect(await clock.waits(1)).toEqual([60_000]);
    clock.advance(60_000);
    await fetching;
    expect(house.visits).toEqual(['a.example/busy', 'a.example/free']);
  });
});

describe('a host that keeps failing', () => {
  /** Five times is what it takes. */
  async function failTimes(fetcher: PoliteFetcher, count: number): Promise<void> {
    house.answer('/bad', (response) => response.writeHead(500).end());
    for (let i = 0; i < count; i += 1) {
      await expect(visit(fetcher, 'a.example', '/bad')).rejects.toMatchObject({ status: 500 });
    }
  }

  it('is paused as a whole, twice as long each time, and asked with one request', async () => {
    const fetcher = openFetcher({ attempts: 1, concurrencyPerHost: 3 });
    await failTimes(fetcher, 5);
    const probing = visit(fetcher, 'a.example', '/bad');
    const waiting = times(2, () => visit(fetcher, 'a.example'));
    expect(await clock.waits(3)).toEqual([1500, 1500, 1500]);
    clock.advance(1500);
    await expect(probing).rejects.toMatchObject({ status: 500 });
    expect(await clock.waits(2)).toEqual([3000, 3000]);
    expect(house.visits).toHaveLength(6);
    clock.advance(3000);
    await house.arrived(7);
    await visit(fetcher, 'b.example', '/free');
    expect(house.held).toHaveLength(1);
    house.release();
    await house.arrived(9);
    house.release();
    await Promise.all(waiting);
    const after = times(3, () => visit(fetcher, 'a.example'));
    await house.arrived(12);
    expect(house.held).toHaveLength(3);
    times(3, () => house.release());
    await Promise.all(after);
  });

  it('is given up for now by who has waited long enough', async () => {
    const fetcher = openFetcher({ attempts: 1, maxWaitMs: 4000 });
    await failTimes(fetcher, 5);
    const [probing, waiting] = [visit(fetcher, 'a.example', '/bad'), visit(fetcher, 'a.example', '/free')];
    await clock.waits(2);
    clock.advance(1500);
    await expect(probing).rejects.toMatchObject({ status: 500 });
    await expect(waiting).rejects.toMatchObject({ pausedForMs: 3000, retryable: true });
    expect(house.visits).toHaveLength(6);
  });

  it('is one whose failures have no success among them, and 404 is an answer', async () => {
    const fetcher = openFetcher({ attempts: 1 });
    house.answer('/bad', (response) => response.writeHead(500).end());
    house.answer('/gone', (response) => response.writeHead(404).end());
    for (let i = 0; i < 20; i += 1) {
      await expect(visit(fetcher, 'a.example', i % 5 === 4 ? '/gone' : '/bad')).rejects.toBeInstanceOf(Error);
    }
    expect(house.visits).toHaveLength(20);
  });

  it('is not one that works because somebody calls off', async () => {
    const fetcher = openFetcher({ attempts: 1 });
    await failTimes(fetcher, 4);
    const abort = new AbortController();
    const fetching = visit(fetcher, 'a.example', '/held', abort.signal);
    await house.arrived(1, '/held');
    // Of all reasons one that would be an answer.
    abort.abort(new FetchRefusedError('elsewhere', 404));
    await expect(fetching).rejects.toMatchObject({ status: 404 });
    await failTimes(fetcher, 1);
    void visit(fetcher, 'a.example', '/free');
    expect(await clock.waits(1)).toEqual([1500]);
  });

  it('is paused once for what fails together', async () => {
    const fetcher = openFetcher({ attempts: 1, concurrencyPerHost: 9, concurrency: 9 });
    const together = times(9, () => visit(fetcher, 'a.example'));
    await house.arrived(9);
    for (const { response } of house.held.slice()) response.destroy();
    await Promise.allSettled(together);
    void visit(fetcher, 'a.example', '/free');
    expect(await clock.waits(1)).toEqual([1500]);
    clock.advance(1500);
    await house.arrived(10);
  });

  it('may be one whose name cannot be resolved, which is then not asked for', async () => {
    let asked = 0;
    const lookup: Lookup = async () => {
      asked += 1;
      throw new Error('no answer');
    };
    const fetcher = openFetcher({ attempts: 1, lookup, maxWaitMs: 1000 });
    for (let i = 0; i < 5; i += 1) {
      await expect(visit(fetcher, 'dead.example')).rejects.toBeInstanceOf(FetchConnectionError);
    }
    await expect(visit(fetcher, 'dead.example')).rejects.toBeInstanceOf(HostPausedError);
    expect(asked).toBe(1);
  });
});
