import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokenTransferError, ChecksumMismatchError, HostBusyError } from '@tessera/download';
import { PullUnderWayError } from '@tessera/hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fault } from '../../model-hub/served-file.js';
import { bytesOf, CHECKPOINT, PullFixture, REPOSITORY, WEIGHTS } from './pull-fixture.js';

const FILE = 'model.safetensors';

let fixture: PullFixture;
beforeEach(async () => {
  fixture = await PullFixture.open();
  fixture.hub.publish(REPOSITORY, CHECKPOINT);
});
afterEach(() => fixture.close());

const rangesAsked = () => fixture.hub.downloadsOf(FILE).map(({ headers }) => headers.range);
const names = () => readdir(fixture.directory);
const partial = () => join(fixture.directory, `${FILE}.partial`);

async function expectRight(): Promise<void> {
  expect((await readFile(join(fixture.directory, FILE))).equals(WEIGHTS)).toBe(true);
  expect((await names()).filter((name) => name.includes('partial'))).toEqual([]);
}

/** Aborts a download when so many bytes of the weights have arrived. */
async function interruptAfter(afterBytes: number): Promise<void> {
  const interruption = new AbortController();
  const reason = new Error('Ctrl-C');
  fixture.hub.plan(FILE, { kind: 'stall', afterBytes });
  void fixture.weightsAt(afterBytes).then(() => interruption.abort(reason));
  await expect(fixture.pull({ signal: interruption.signal })).rejects.toBe(reason);
}

/** The connection ends when so many more bytes have arrived, which are `total` then. */
function dropAfter(afterBytes: number, total = afterBytes): Fault {
  return { kind: 'drop', afterBytes, until: fixture.weightsAt(total) };
}

describe('a connection that breaks', () => {
  it('is taken up again where it broke, as long as every one brings something', async () => {
    const drops = Array.from({ length: 8 }, (_, index) => dropAfter(30_000, (index + 1) * 30_000));
    fixture.hub.plan(FILE, ...drops);
    await fixture.pull();
    await expectRight();
    expect(rangesAsked()).toEqual([undefined, ...drops.map((_, index) => `bytes=${(index + 1) * 30_000}-`)]);
    const tags = fixture.hub.downloadsOf(FILE).map(({ headers }) => headers['if-range']);
    expect(new Set(tags.slice(1))).toHaveProperty('size', 1);
    expect(fixture.retries[0]?.reason).toContain('could not be reached');
  });

  it('is given up when nothing more arrives, and leaves what has arrived for the next run', async () => {
    const resets = Array.from({ length: 6 }, (): Fault => ({ kind: 'reset' }));
    fixture.hub.plan(FILE, dropAfter(50_000), ...resets);
    await expect(fixture.pull()).rejects.toThrow('could not be reached');
    expect(rangesAsked()).toHaveLength(6);
    expect((await readFile(partial())).equals(WEIGHTS.subarray(0, 50_000))).toBe(true);
    fixture.hub.requests.length = 0;
    // The last reset is still planned.
    await fixture.pull();
    await expectRight();
    expect(rangesAsked()).toEqual(['bytes=50000-', 'bytes=50000-']);
  });

  it('is given up where a server that ignores Range never gets further', async () => {
    fixture.hub.plan(FILE, dropAfter(50_000));
    for (let again = 0; again < 6; again += 1)
      fixture.hub.plan(FILE, { kind: 'drop', afterBytes: 40_000, ignoresRange: true });
    await expect(fixture.pull()).rejects.toThrow('could not be reached');
    expect(rangesAsked()).toHaveLength(6);
  });

  it('of the listing is tried again', async () => {
    fixture.hub.plan('revision', { kind: 'reset' });
    fixture.hub.plan('tree', { kind: 'status', status: 502 }, { kind: 'reset' });
    await fixture.pull();
    expect(fixture.retries).toHaveLength(3);
  });
});

describe('an interrupted download', () => {
  it('is continued by the next one, which checks the part that was there', async () => {
    await interruptAfter(120_000);
    expect((await readFile(partial())).equals(WEIGHTS.subarray(0, 120_000))).toBe(true);
    fixture.hub.requests.length = 0;
    await fixture.pull();
    await expectRight();
    expect(rangesAsked()).toEqual(['bytes=120000-']);
  });

  it('is begun anew where a server ignores Range', async () => {
    await interruptAfter(120_000);
    fixture.hub.plan(FILE, { kind: 'ignore-range' });
    await fixture.pull();
    await expectRight();
    expect(rangesAsked()).toEqual([undefined, 'bytes=120000-']);
  });

  it('is begun anew when the entity tag has changed', async () => {
    await interruptAfter(120_000);
    fixture.hub.plan(FILE, { kind: 'etag', etag: '"another"' });
    await fixture.pull();
    await expectRight();
    const [, second] = fixture.hub.downloadsOf(FILE);
    expect(second?.headers).toMatchObject({
      range: 'bytes=120000-',
      'if-range': expect.stringMatching(/^"/) as string,
    });
    // The whole file came in that one answer.
    expect(rangesAsked()).toHaveLength(2);
  });

  it('is begun anew when the file has other content in the commit that is wanted now', async () => {
    await interruptAfter(120_000);
    const content = bytesOf('newer', 300_000);
    fixture.hub.publish(REPOSITORY, { ...CHECKPOINT, [FILE]: { content, lfs: true } });
    fixture.hub.requests.length = 0;
    await fixture.pull();
    expect(rangesAsked()).toEqual([undefined]);
    expect((await readFile(join(fixture.directory, FILE))).equals(content)).toBe(true);
  });

  it('whose part was damaged meanwhile costs one download, not the file', async () => {
    await interruptAfter(120_000);
    await writeFile(partial(), bytesOf('damage', 120_000));
    await fixture.pull();
    await expectRight();
    expect(rangesAsked()).toEqual([undefined, 'bytes=120000-', undefined]);
  });

  it('whose part is longer than the file is begun anew', async () => {
    await interruptAfter(120_000);
    await writeFile(partial(), Buffer.concat([WEIGHTS, WEIGHTS]));
    await fixture.pull();
    await expectRight();
  });

  it('whose part is the whole file needs no request', async () => {
    await interruptAfter(120_000);
    await writeFile(partial(), WEIGHTS);
    await fixture.pull();
    await expectRight();
    expect(rangesAsked()).toEqual([undefined]);
  });
});

describe('a damaged file', () => {
  it.each([FILE, 'config.json'])('(%s) is deleted and downloaded again', async (name) => {
    fixture.hub.plan(name, { kind: 'corrupt' });
    await fixture.pull();
    await expectRight();
    expect(fixture.hub.downloadsOf(name)).toHaveLength(2);
  });

  it('twice in a row ends the download, naming file, expected and given', async () => {
    fixture.hub.plan(FILE, { kind: 'corrupt' }, { kind: 'corrupt' });
    const failure = await fixture.pull().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ChecksumMismatchError);
    expect(String(failure)).toMatch(
      /model\.safetensors arrived damaged, twice: expected sha256:[0-9a-f]{64} of 300000 bytes, given sha256:[0-9a-f]{64} of 300000 bytes/,
    );
    expect(await names()).not.toContain(FILE);
    expect(await names()).not.toContain(`${FILE}.partial`);
  });

  it('of another length than listed never replaces what has arrived', async () => {
    await interruptAfter(120_000);
    const page = bytesOf('page of a proxy', 300);
    const lies = Array.from({ length: 6 }, (): Fault => ({ kind: 'replace', content: page }));
    fixture.hub.plan(FILE, ...lies);
    const failure = fixture.pull();
    await expect(failure).rejects.toBeInstanceOf(BrokenTransferError);
    await expect(failure).rejects.toThrow('listed with 300000 bytes and sent with 300');
    expect((await readFile(partial())).equals(WEIGHTS.subarray(0, 120_000))).toBe(true);
  });
});

describe('a busy hub', () => {
  it('is asked again when its Retry-After is over', async () => {
    fixture.hub.plan(FILE, { kind: 'status', status: 429, headers: { 'retry-after': '1' } });
    await fixture.pull();
    await expectRight();
    const [refused, served] = fixture.hub.requests.filter(
      ({ server, path }) => server === 'store' && path.includes(FILE),
    );
    expect((served?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
    expect(fixture.retries).toEqual([
      { reason: expect.stringContaining('HTTP 429') as string, delayMs: 1000 },
    ]);
  });

  it('is not waited for when it asks for an hour', async () => {
    fixture.hub.plan('tree', { kind: 'status', status: 429, headers: { 'retry-after': '3600' } });
    const failure = fixture.pull();
    await expect(failure).rejects.toBeInstanceOf(HostBusyError);
    await expect(failure).rejects.toThrow('HTTP 429 and asks to wait 3600 s');
  });

  it('is given up after five more attempts', async () => {
    fixture.hub.plan(
      'revision',
      ...Array.from({ length: 6 }, (): Fault => ({ kind: 'status', status: 503 })),
    );
    await expect(fixture.pull()).rejects.toThrow('HTTP 503');
    expect(fixture.retries).toHaveLength(5);
  });
});

describe('two downloads into one folder', () => {
  it('are refused, and the first one goes on', async () => {
    const interruption = new AbortController();
    fixture.hub.plan(FILE, { kind: 'stall', afterBytes: 1000 });
    const stalled = fixture.weightsAt(1000);
    const first = fixture.pull({ signal: interruption.signal });
    await stalled;
    await expect(fixture.pull()).rejects.toBeInstanceOf(PullUnderWayError);
    interruption.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await fixture.pull();
    await expectRight();
  });
});
