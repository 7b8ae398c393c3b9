import { type Tensor } from '@tessera/ort';
import { describe, expect, it } from 'vitest';
import { type NextToken, type RunOptions } from './decoder-io.js';
import { type DecodeRow, type PrefillRun } from './decoder-runner.js';
import { findViolations } from './engine-invariants.js';
import { type EngineSnapshot } from './engine-snapshot.js';
import { EngineClosedError } from './errors.js';
import { type Priority } from './policy/priority.js';
import { PREFILL_CHUNK_TOKENS, prefillChunkEnds } from './policy/prefill-chunks.js';
import { SlotContents } from './policy/slot-contents.js';
import { SlotTable } from './policy/slot-table.js';
import { Scheduler } from './scheduler.js';
import { SequenceImage } from './sequence-image.js';
import { Sequence, type SequenceHooks } from './sequence.js';
import { type VisionSpan } from './vision-runner.js';
import { Watchdog } from './watchdog.js';

const STOP = 0;
/** No two prompts of these tests begin alike. */
let lastPromptToken = 100;
const TOKEN = 7;

/** Counts how often it is disposed: exactly once is right. */
class CountedTensor {
  disposals = 0;
  dispose(): void {
    this.disposals++;
  }
}

interface Run {
  kind: 'vision' | 'prefill' | 'decode';
  rows: readonly DecodeRow[];
  signal: AbortSignal | undefined;
  succeed(tokens?: number[]): void;
  fail(error: Error): void;
}

/** A model whose runs end when the test says so: what a real one cannot be made to do at a chosen moment. */
class ManualModel {
  private readonly started: Run[] = [];
  private waiting: ((run: Run) => void) | undefined;
  readonly maxTiles = 4;

  encode(spans: readonly VisionSpan[], signal: AbortSignal): Promise<void> {
    expect(spans.length).toBeGreaterThan(0);
    return this.start('vision', [], signal).then(() => undefined);
  }

  prefill(_: PrefillRun, { signal }: RunOptions): Promise<NextToken> {
    return this.start('prefill', [], signal).then(([tokenId = TOKEN]) => toNext(tokenId));
  }

  decode(rows: readonly DecodeRow[]): Promise<NextToken[]> {
    return this.start('decode', rows).then((tokens) => rows.map((_, row) => toNext(tokens[row] ?? TOKEN)));
  }

  /** The run under way, once there is one. */
  next(): Promise<Run> {
    const run = this.started.shift();
    return run === undefined ? new Promise((resolve) => (this.waiting = resolve)) : Promise.resolve(run);
  }

  private start(kind: Run['kind'], rows: readonly DecodeRow[], signal?: AbortSignal): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const run: Run = { kind, rows, signal, succeed: (tokens = []) => resolve(tokens), fail: reject };
      signal?.addEventListener('abort', () => reject(new Error('terminated')));
      if (this.waiting === undefined) this.started.push(run);
      else this.waiting(run);
      this.waiting = undefined;
    });
  }
}

const toNext = (tokenId: number): NextToken => ({ tokenId, logits: new Float32Array(1) });

function setUp({ slotCount = 2, stepTimeoutMs = 0 } = {}) {
  const model = new ManualModel();
  const violations: string[] = [];
  const copies: [from: number, to: number][] = [];
  const slots = new SlotTable<Sequence>(slotCount);
  const cache = { copySlot: async (from: number, to: number) => void copies.push([from, to]) };
  const scheduler = new Scheduler({
    watchdog: new Watchdog({ stepTimeoutMs, onHang: (error) => violations.push(error.message) }),
    groups: [{ capacityTokens: 2000, slots, contents: new SlotContents(), cache, runner: model }],
    vision: model,
    longRope: null,
    reusesPrefixes: true,
    stopTokenIds: new Set([STOP]),
    onStep: (snapshot: EngineSnapshot) => violations.push(...findViolations(snapshot)),
  });
  return { model, violations, copies, slots, scheduler };
}

interface Probe {
  sequence: Sequence;
  controller: AbortController;
  outcome: Promise<unknown>;
  tensors: CountedTensor[];
  tokens: number[];
}

function probe(
  options: {
    tiles?: number;
    promptTokens?: number;
    priority?: Priority;
    hooks?: Partial<SequenceHooks>;
  } = {},
): Probe {
  const { tiles: tileCount = 0, promptTokens = 3, priority = 'interactive' } = options;
  const controller = new AbortController();
  const tensors = [new CountedTensor(), new CountedTensor()];
  const [tiles, features] = tensors as unknown as [Tensor<'uint8'>, Tensor<'float32'>];
  const tokens: number[] = [];
  const sequence = new Sequence({
    prompt: {
      tokenIds: Array.from({ length: promptTokens }, () => ++lastPromptToken),
      images: [],
      chunkEnds: prefillChunkEnds(
        { tokenIds: Array(promptTokens).fill(0), images: [], chunkTokens: PREFILL_CHUNK_TOKENS },
        undefined,
      ),
      imageTokenPositions: [],
      tilePlans: [],
      maxTokens: 5,
    },
    classIndex: 0,
    priority,
    images: tileCount === 0 ? [] : [SequenceImage.toEncode(tileCount, tiles, features)],
    hooks: {
      onImagesEncoded: () => {},
      onToken: (token) => {
        tokens.push(token);
        return undefined;
      },
      ...options.hooks,
    },
    signal: controller.signal,
  });
  const outcome = sequence.finished.catch((error: unknown) => error);
  return { sequence, controller, outcome, tensors: tileCount === 0 ? [] : tensors, tokens };
}

const disposals = ({ tensors }: Probe): number[] => tensors.map((tensor) => tensor.disposals);
const REASON = new Error('no longer wanted');

describe('Scheduler', () => {
  it('takes a sequence from vision to its answer and frees each of its parts once', async () => {
    const { model, scheduler, slots, violations } = setUp();
    const asked = probe({ tiles: 6 });
    scheduler.submit(asked.sequence);
    const kinds: string[] = [];
    for (const tokens of [[], [], [], [TOKEN, TOKEN], [STOP]]) {
      const run = await model.next();
      kinds.push(run.kind);
      run.succeed(tokens);
    }
    expect(await asked.outcome).toBe('stop');
    expect(kinds).toEqual(['vision', 'vision', 'prefill', 'decode', 'decode']);
    expect(asked.tokens).toEqual([TOKEN, TOKEN]);
    expect(disposals(asked)).toEqual([1, 1]);
    expect(slots.ownedCount).toBe(0);
    expect(violations).toEqual([]);
  });

  it.each(['vision', 'prefill', 'decode'] as const)(
    'fails the sequences of a %s run that fails, and nobody else',
    async (failing) => {
      const { model, scheduler, slots, violations } = setUp({ slotCount: 1 });
      const [hit, spared] = [probe({ tiles: 4 }), probe({ tiles: 4 })];
      scheduler.submit(hit.sequence);
      scheduler.submit(spared.sequence);
      let failed = false;
      for (let done = false; !done;) {
        const run = await model.next();
        if (run.kind === failing && !failed) {
          run.fail(new Error('out of memory'));
          failed = true;
        } else run.succeed(run.kind === 'decode' ? [STOP] : []);
        done = await Promise.race([spared.outcome.then(() => true), nextTurn(false)]);
      }
      expect(await hit.outcome).toEqual(new Error('out of memory'));
      expect(await spared.outcome).toBe('stop');
      expect([disposals(hit), disposals(spared)]).toEqual([
        [1, 1],
        [1, 1],
      ]);
      expect(slots.ownedCount).toBe(0);
      expect(violations).toEqual([]);
    },
  );

  it('ends an aborted sequence at once when no run uses it, and its memory with it', async () => {
    const { model, scheduler } = setUp();
    const [running, waiting] = [probe({ tiles: 4 }), probe({ tiles: 4 })];
    scheduler.submit(running.sequence);
    scheduler.submit(waiting.sequence);
    await model.next();
    waiting.controller.abort(REASON);
    expect(disposals(waiting)).toEqual([1, 1]);
    expect(await waiting.outcome).toBe(REASON);
  });

  it('holds an aborted sequence’s memory until the run that uses it has ended', async () => {
    const { model, scheduler, violations } = setUp();
    const [aborted, neighbour] = [probe({ tiles: 2 }), probe({ tiles: 2 })];
    scheduler.submit(aborted.sequence);
    scheduler.submit(neighbour.sequence);
    const run = await model.next();
    aborted.controller.abort(REASON);
    expect(run.signal?.aborted).toBe(false);
    expect(disposals(aborted)).toEqual([0, 0]);
    run.succeed();
    expect(await aborted.outcome).toBe(REASON);
    expect(disposals(aborted)).toEqual([1, 1]);
    expect((await model.next()).kind).toBe('prefill');
    expect(violations).toEqual([]);
  });

  it('cuts a run short once every sequence in it is aborted', async () => {
    const { model, scheduler } = setUp();
    const probes = [probe({ tiles: 2 }), probe({ tiles: 2 })];
    for (const { sequence } of probes) scheduler.submit(sequence);
    const run = await model.next();
    for (const { controller } of probes) controller.abort(REASON);
    expect(run.signal?.aborted).toBe(true);
    expect(await Promise.all(probes.map(({ outcome }) => outcome))).toEqual([REASON, REASON]);
    expect(probes.map(disposals)).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('fails the sequences of a run that takes too long, and goes on with the others', async () => {
    const { model, scheduler, violations } = setUp({ stepTimeoutMs: 20 });
    const [slow, next] = [probe(), probe()];
    scheduler.submit(slow.sequence);
    scheduler.submit(next.sequence);
    // Never told to succeed: the model rejects it when its signal aborts.
    expect((await model.next()).kind).toBe('prefill');
    expect(await slow.outcome).toMatchObject({ name: 'StepTimeoutError', retryable: true });
    (await model.next()).succeed([STOP]);
    expect(await next.outcome).toBe('stop');
    expect(violations).toEqual([]);
  });

  it('says nothing more to a sequence that was aborted while its step ran', async () => {
    const { model, scheduler } = setUp();
    const [aborted, neighbour] = [probe(), probe()];
    scheduler.submit(aborted.sequence);
    scheduler.submit(neighbour.sequence);
    for (let prefill = 0; prefill < 3; prefill++) (await model.next()).succeed();
    const run = await model.next();
    expect(run.kind).toBe('decode');
    const heard = aborted.tokens.length;
    aborted.controller.abort(REASON);
    run.succeed();
    expect(await aborted.outcome).toBe(REASON);
    expect(aborted.tokens).toHaveLength(heard);
    (await model.next()).succeed([STOP, STOP]);
    expect(await neighbour.outcome).toBe('stop');
  });

  it('fails only the sequence whose hook throws', async () => {
    const { model, scheduler, slots, violations } = setUp();
    const broken = new Error('client went away');
    const throwing = probe({
      hooks: {
        onToken: () => {
          throw broken;
        },
      },
    });
    const neighbour = probe();
    scheduler.submit(throwing.sequence);
    scheduler.submit(neighbour.sequence);
    (await model.next()).succeed();
    expect(await throwing.outcome).toBe(broken);
    (await model.next()).succeed();
    (await model.next()).succeed([STOP, STOP]);
    expect(await neighbour.outcome).toBe('stop');
    expect(slots.ownedCount).toBe(0);
    expect(violations).toEqual([]);
  });

  it('writes the idle row of a half-computed prompt where the next chunk overwrites it', async () => {
    const { model, scheduler } = setUp();
    const [short, long] = [probe(), probe({ promptTokens: 1200 })];
    scheduler.submit(short.sequence);
    (await model.next()).succeed();
    scheduler.submit(long.sequence);
    const positions: number[] = [];
    for (let step = 0; step < 6; step++) {
      const run = await model.next();
      if (run.kind === 'decode' && run.rows[1] !== undefined) positions.push(run.rows[1].position);
      run.succeed();
    }
    expect(positions).toEqual([0, 512, 1024]);
  });

  it('moves the last row into a hole when half of the rows are idle, and keeps answering', async () => {
    const { model, scheduler, copies, violations } = setUp({ slotCount: 4 });
    const probes = [probe(), probe(), probe(), probe()];
    for (const { sequence } of probes) scheduler.submit(sequence);
    let prefilled = 0;
    for (let decoded = 0; decoded < 4;) {
      const run = await model.next();
      if (run.kind === 'prefill') prefilled++;
      if (prefilled === 4 && run.kind === 'decode') decoded++;
      run.succeed(decoded === 1 ? [STOP, STOP, STOP, TOKEN] : []);
    }
    expect(await Promise.all(probes.map(({ outcome }) => outcome))).toEqual([
      'stop',
      'stop',
      'stop',
      'length',
    ]);
    expect(copies).toEqual([[3, 0]]);
    expect(probes[3]?.tokens).toHaveLength(5);
    expect(violations).toEqual([]);
  });

  it('encodes, prefills and gives slots to interactive sequences before batch ones that came earlier', async () => {
    const { model, scheduler, violations } = setUp({ slotCount: 1 });
    const order: string[] = [];
    const named = (name: string, priority: Priority): Sequence =>
      probe({
        tiles: 4,
        priority,
        hooks: {
          onImagesEncoded: () => void order.push(`${name} encoded`),
          onToken: () => void order.push(`${name} answered`),
        },
      }).sequence;
    for (const name of ['row 1', 'row 2']) scheduler.submit(named(name, 'batch'));
    (await model.next()).succeed();
    for (const name of ['job 1', 'job 2']) scheduler.submit(named(name, 'interactive'));
    for (let step = 0; step < 11; step++) {
      const run = await model.next();
      // A first token from prefill, and the end from decode.
      run.succeed(run.kind === 'decode' ? [STOP] : []);
    }
    expect(order).toEqual([
      'row 1 encoded',
      'job 1 encoded',
      'job 2 encoded',
      'row 1 answered',
      'job 1 answered',
      'job 2 answered',
      'row 2 encoded',
      'row 2 answered',
    ]);
    expect(violations).toEqual([]);
  });

  it('leaves the last free slot to an interactive sequence, and only that one', async () => {
    const { model, scheduler, slots } = setUp({ slotCount: 3 });
    const rows = Array.from({ length: 4 }, () => probe({ priority: 'batch' }));
    for (const { sequence } of rows) scheduler.submit(sequence);
    const untilDecode = async (width: number): Promise<void> => {
      for (let run = await model.next(); ; run = await model.next()) {
        if (run.kind === 'decode' && run.rows.length === width) return run.succeed();
        run.succeed();
      }
    };
    await untilDecode(2);
    expect(slots.ownedCount).toBe(2);
    const job = probe();
    scheduler.submit(job.sequence);
    expect((await model.next()).kind).toBe('prefill');
    expect(job.sequence.slot).toBe(2);
  });

  it('gives a batch the slot of a class that has no other', async () => {
    const { model, scheduler } = setUp({ slotCount: 1 });
    const row = probe({ priority: 'batch' });
    scheduler.submit(row.sequence);
    (await model.next()).succeed([STOP]);
    expect(await row.outcome).toBe('stop');
  });

  it('takes a sequence that is submitted in the very turn in which it runs out of work', async () => {
    const { model, scheduler } = setUp();
    const first = probe();
    scheduler.submit(first.sequence);
    const second = probe();
    void first.sequence.finished.then(() => scheduler.submit(second.sequence));
    (await model.next()).succeed([STOP]);
    (await model.next()).succeed([STOP]);
    expect(await second.outcome).toBe('stop');
  });

  it('fails what runs and what waits when it is closed, and takes nothing after that', async () => {
    const { model, scheduler, slots } = setUp({ slotCount: 1 });
    const probes = [probe({ tiles: 2 }), probe(), probe()];
    for (const { sequence } of probes) scheduler.submit(sequence);
    await model.next();
    await scheduler.close();
    const late = probe({ tiles: 1 });
    scheduler.submit(late.sequence);
    for (const { outcome } of [...probes, late]) expect(await outcome).toBeInstanceOf(EngineClosedError);
    expect([disposals(late), slots.ownedCount]).toEqual([[1, 1], 0]);
  });
});

const nextTurn = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value)));
