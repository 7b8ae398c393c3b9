import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AnswerRow, type RowAnswer } from '@tessera/contracts';
import { Turns } from '@tessera/queue';
import { answered, BatchBench, inputLine, inputLines, MODEL_ID, refused } from './batch-bench.js';

let bench: BatchBench;
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

/** Answers at once, and counts how often each row was answered. */
function countingAnswers(answer: RowAnswer = answered()) {
  const counts = new Map<string, number>();
  const answerRow: AnswerRow = async ({ customId }) => {
    counts.set(customId, (counts.get(customId) ?? 0) + 1);
    return answer;
  };
  return { counts, answerRow };
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `row-${index}`);

describe('a batch', () => {
  it('ends with one line for every row, in the order of the input', async () => {
    const system = await bench.system();
    const { counts, answerRow } = countingAnswers();
    await system.startWorker(answerRow);
    const batch = await system.final(await system.submit(inputLines(150)));
    expect(batch).toMatchObject({
      status: 'completed',
      model: MODEL_ID,
      total: 150,
      completed: 150,
      failed: 0,
    });
    expect(batch.tokens).toEqual({ input: 1500, cached: 300, output: 450 });
    expect(batch.errorFileId).toBeUndefined();
    const lines = await system.lines(batch.outputFileId);
    expect(lines.map(({ custom_id }) => custom_id)).toEqual(ids(150));
    const [first] = lines;
    expect(first?.id).toMatch(/^batch_req_[0-9a-f]{32}$/);
    expect(first?.response?.request_id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(first).toMatchObject({
      response: {
        status_code: 200,
        body: { object: 'chat.completion', choices: [{ message: { role: 'assistant', content: 'A cat.' } }] },
      },
      error: null,
    });
    expect([...counts.values()].every((count) => count === 1)).toBe(true);
  });

  it('leaves no part files and no chunks behind', async () => {
    const system = await bench.system();
    await system.startWorker(countingAnswers().answerRow);
    const id = await system.submit(inputLines(20));
    await system.final(id);
    const left = async (): Promise<string[]> => {
      const keys: string[] = [];
      for await (const key of system.parts.objectStore.list(`batches/${id}/parts/`)) keys.push(key);
      return keys;
    };
    await vi.waitUntil(async () => (await left()).length === 0);
  });

  it('puts rows that failed into the error file, with the answer that the API would have given', async () => {
    const system = await bench.system();
    await system.startWorker(async ({ customId }) => (customId.endsWith('3') ? refused : answered()));
    const batch = await system.final(await system.submit(inputLines(30)));
    expect(batch).toMatchObject({ status: 'completed', total: 30, completed: 27, failed: 3 });
    const errors = await system.lines(batch.errorFileId);
    expect(errors.map(({ custom_id }) => custom_id)).toEqual(['row-3', 'row-13', 'row-23']);
    expect(errors[0]).toMatchObject({
      response: { status_code: 400, body: { error: { code: 'image_unreadable' } } },
      error: null,
    });
    expect(await system.lines(batch.outputFileId)).toHaveLength(27);
  });

  it('has no output file where no row succeeded', async () => {
    const system = await bench.system();
    await system.startWorker(async () => refused);
    const batch = await system.final(await system.submit(inputLines(3)));
    expect(batch).toMatchObject({ status: 'completed', completed: 0, failed: 3 });
    expect(batch.outputFileId).toBeUndefined();
  });

  it('that repeats another runs its failed rows only', async () => {
    const system = await bench.system();
    await system.startWorker(async ({ customId }) => (customId.endsWith('3') ? refused : answered()));
    const first = await system.final(await system.submit(inputLines(30)));
    const again = await system.submitFile(first.inputFileId, { retryOf: first.id });
    const batch = await system.final(again);
    expect(batch).toMatchObject({ status: 'completed', total: 3, completed: 0, failed: 3 });
    expect(await system.customIds(batch)).toEqual(['row-3', 'row-13', 'row-23']);
  });

  it('reads lines whatever they end in', async () => {
    const system = await bench.system();
    await system.startWorker(countingAnswers().answerRow);
    const text = `\uFEFF${inputLine('a')}\r\n\r\n${inputLine('b')}\n \n${inputLine('c')}`;
    const batch = await system.final(await system.submit([text]));
    expect(batch).toMatchObject({ status: 'completed', total: 3 });
    expect(await system.customIds(batch)).toEqual(['a', 'b', 'c']);
  });

  it('is shared by several workers and watched by several dispatchers, and still has every row once', async () => {
    const system = await bench.system();
    const { counts, answerRow } = countingAnswers();
    await system.startDispatcher();
    await system.startWorker(answerRow);
    await system.startWorker(answerRow);
    const batches = await Promise.all([system.submit(inputLines(400)), system.submit(inputLines(300))]);
    const [large, small] = await Promise.all(batches.map((id) => system.final(id)));
    expect(await system.customIds(large ?? expect.fail())).toEqual(ids(400));
    expect(await system.customIds(small ?? expect.fail())).toEqual(ids(300));
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(700);
  });

  it('does not wait until a larger one that came before is through', async () => {
    const system = await bench.system();
    const order: string[] = [];
    await system.startWorker(async ({ batchId }) => {
      order.push(batchId);
      await new Promise(setImmediate);
      return answered();
    }, 4);
    const large = await system.submit(inputLines(1_000));
    await vi.waitUntil(async () => (await system.get(large)).completed > 0);
    const small = await system.submit(inputLines(20));
    await system.final(small);
    expect((await system.get(large)).status).toBe('in_progress');
    await system.final(large);
  });
});

describe('an input', () => {
  const bad: [name: string, lines: string[], ...errors: object[]][] = [
    [
      'that is no JSON',
      [inputLine('a'), '{"custom_id":'],
      { code: 'invalid_json_line', line: 2, param: null },
    ],
    [
      'without a custom_id',
      [inputLine('a'), inputLine('b', { custom_id: undefined })],
      { code: 'missing_required_parameter', line: 2, param: 'custom_id' },
    ],
    [
      'without a body',
      [inputLine('a', { body: undefined })],
      { code: 'missing_required_parameter', line: 1, param: 'body' },
    ],
    [
      'of another method',
      [inputLine('a', { method: 'GET' })],
      { code: 'invalid_request', line: 1, param: 'method' },
    ],
    [
      'of another url',
      [inputLine('a', { url: '/v1/embeddings' })],
      { code: 'invalid_url', line: 1, param: 'url' },
    ],
    [
      'without a model',
      [inputLine('a', { body: {} })],
      { code: 'missing_required_parameter', line: 1, param: 'body.model' },
    ],
    [
      'of an unknown model',
      [inputLine('a', { body: { model: 'other' } })],
      { code: 'model_not_found', line: 1, param: 'body.model' },
    ],
    [
      'of several models',
      [inputLine('a'), inputLine('b', { body: { model: 'other' } })],
      { code: 'invalid_request', line: 2, param: 'body.model' },
    ],
    [
      'that is to be streamed',
      [inputLine('a', { body: { model: MODEL_ID, stream: true } })],
      { code: 'streaming_unsupported', line: 1, param: 'body.stream' },
    ],
    [
      'with a custom_id twice',
      [inputLine('a'), inputLine('b'), inputLine('a')],
      { code: 'duplicate_custom_id', line: 3, param: 'custom_id' },
    ],
    ['of blank lines', ['', ' '], { code: 'invalid_request', line: null, param: 'input_file_id' }],
    [
      'with a custom_id twice and then a line that is too long',
      [inputLine('a'), inputLine('a'), inputLine('b', { body: 'x'.repeat(11_000) })],
      { code: 'duplicate_custom_id', line: 2, param: 'custom_id' },
      { code: 'invalid_request', line: 3 },
    ],
    [
      'with a line that is too long',
      [inputLine('a'), inputLine('b', { body: 'x'.repeat(11_000) })],
      { code: 'invalid_request', line: 2 },
    ],
  ];

  it.each(bad)('%s fails the batch before anything runs', async (_name, lines, ...errors) => {
    const system = await bench.system();
    const batch = await system.final(await system.submit(lines));
    expect(batch).toMatchObject({ status: 'failed', completed: 0, failed: 0, errors });
    expect(batch.outputFileId).toBeUndefined();
  });

  it('that is deleted while the batch runs stops neither other batches nor the end of its own', async () => {
    const system = await bench.system({ withoutDispatcher: true });
    const stop = await system.startDispatcher();
    const id = await system.submit(inputLines(40));
    await vi.waitUntil(async () => (await system.get(id)).openChunks === 2);
    await stop();
    await system.parts.files.delete((await system.get(id)).inputFileId);
    await system.startDispatcher();
    await system.startWorker(countingAnswers().answerRow);
    const other = await system.final(await system.submit(inputLines(5)));
    expect(other).toMatchObject({ status: 'completed', completed: 5 });
    await system.parts.batches.cancelBatch(id);
    expect(await system.final(id)).toMatchObject({ status: 'cancelled', total: 40, completed: 0 });
  });

  it('that is no file fails the batch', async () => {
    const system = await bench.system();
    const batch = await system.final(await system.submitFile(`file-${'0'.repeat(32)}`));
    expect(batch).toMatchObject({
      status: 'failed',
      errors: [{ code: 'invalid_request', param: 'file_id' }],
    });
  });
});

describe('a batch that ends early', () => {
  /** Answers `free` rows at once; the others wait. */
  function gatedAnswers(free: number) {
    const waiting: (() => void)[] = [];
    let begun = 0;
    const answerRow: AnswerRow = async () => {
      begun += 1;
      if (begun > free) await new Promise<void>((resolve) => waiting.push(resolve));
      return answered();
    };
    return {
      answerRow,
      waitingCount: () => waiting.length,
      open: () => {
        for (const resolve of waiting.splice(0)) resolve();
      },
    };
  }

  it('because it was cancelled keeps what was done, lets rows under way finish and names the others', async () => {
    const system = await bench.system();
    const gate = gatedAnswers(5);
    await system.startWorker(gate.answerRow, 2);
    const id = await system.submit(inputLines(100));
    await vi.waitUntil(() => gate.waitingCount() === 2);
    expect(await system.parts.batches.cancelBatch(id)).toMatchObject({
      kind: 'ending',
      record: { status: 'cancelling' },
    });
    gate.open();
    const batch = await system.final(id);
    expect(batch).toMatchObject({ status: 'cancelled', total: 100, completed: 7, failed: 0 });
    expect(await system.lines(batch.outputFileId)).toHaveLength(7);
    const errors = await system.lines(batch.errorFileId);
    expect(errors).toHaveLength(93);
    expect(
      errors.every(({ response, error }) => response === null && error?.code === 'batch_cancelled'),
    ).toBe(true);
    expect((await system.customIds(batch)).sort()).toEqual(ids(100).sort());
  });

  it('is cancelled though no worker is there', async () => {
    const system = await bench.system();
    const id = await system.submit(inputLines(40));
    await vi.waitUntil(async () => (await system.get(id)).openChunks > 0);
    await system.parts.batches.cancelBatch(id);
    const batch = await system.final(id);
    expect(batch).toMatchObject({ status: 'cancelled', total: 40, completed: 0 });
    expect(await system.lines(batch.errorFileId)).toHaveLength(40);
  });

  it('because its window has passed says so in every row that is left', async () => {
    const system = await bench.system();
    const gate = gatedAnswers(0);
    await system.startWorker(gate.answerRow, 1);
    const id = await system.submit(inputLines(10), { deadlineAtMs: Date.now() + 1_500 });
    await vi.waitUntil(() => gate.waitingCount() === 1);
    await vi.waitUntil(async () => (await system.get(id)).status === 'finalizing', { timeout: 10_000 });
    gate.open();
    const batch = await system.final(id);
    expect(batch).toMatchObject({ status: 'expired', completed: 1, total: 10 });
    expect((await system.lines(batch.errorFileId)).map(({ error }) => error?.code)).toEqual(
      Array(9).fill('batch_expired'),
    );
  });

  it('takes nothing from a row that comes back after its chunk was taken over', async () => {
    const system = await bench.system({ graceMs: 0 });
    const gate = gatedAnswers(0);
    const worker = await system.startWorker(gate.answerRow, 1);
    const id = await system.submit(inputLines(3));
    await vi.waitUntil(() => gate.waitingCount() === 1);
    await system.parts.batches.cancelBatch(id);
    const batch = await system.final(id);
    expect(batch).toMatchObject({ status: 'cancelled', completed: 0 });
    gate.open();
    await worker.drain(5_000);
    expect(await system.get(id)).toEqual(batch);
    expect(await system.lines(batch.errorFileId)).toHaveLength(3);
  });

  it('cannot be cancelled once it has ended, and can be twice before', async () => {
    const system = await bench.system();
    await system.startWorker(countingAnswers().answerRow);
    const done = await system.submit(inputLines(2));
    await system.final(done);
    expect(await system.parts.batches.cancelBatch(done)).toEqual({ kind: 'refused', status: 'completed' });
    const id = await system.submit(inputLines(2));
    await system.parts.batches.cancelBatch(id);
    expect(await system.parts.batches.cancelBatch(id)).toMatchObject({ kind: 'ending' });
    await system.final(id);
    expect(await system.parts.batches.cancelBatch(id)).toMatchObject({
      kind: 'ending',
      record: { status: 'cancelled' },
    });
    expect(await system.parts.batches.cancelBatch('batch_0')).toEqual({ kind: 'not_found' });
  });
});

describe('a suspect that waits to be alone', () => {
  it('waits for the rows under way, and not for those that have no place yet', async () => {
    const system = await bench.system();
    const turns = new Turns();
    const held: (() => void)[] = [];
    let answeredCount = 0;
    await system.startWorker(
      async () => {
        await new Promise<void>((resolve) => held.push(resolve));
        answeredCount += 1;
        return answered();
      },
      1,
      turns,
    );
    const id = await system.submit(inputLines(20));
    await vi.waitUntil(() => held.length === 1);
    const alone = turns.take('alone', new AbortController().signal);
    held.splice(0)[0]?.();
    const endTurn = await alone;
    expect(answeredCount).toBe(1);
    endTurn();
    const releasing = setInterval(() => held.splice(0).forEach((resolve) => resolve()), 1);
    await system.final(id);
    clearInterval(releasing);
  });
});

describe('a worker that is told to stop', () => {
  it('finishes the rows under way and leaves the others, of which none is answered twice', async () => {
    const system = await bench.system();
    const { counts, answerRow } = countingAnswers();
    const held: (() => void)[] = [];
    let heldOnce = false;
    const first = await system.startWorker(async (row, options) => {
      if (counts.size >= 10) {
        heldOnce = true;
        await new Promise<void>((resolve) => held.push(resolve));
      }
      return answerRow(row, options);
    }, 4);
    const id = await system.submit(inputLines(60));
    await vi.waitUntil(() => heldOnce);
    const draining = first.drain(10_000);
    for (const resolve of held.splice(0)) resolve();
    const releasing = setInterval(() => {
      for (const resolve of held.splice(0)) resolve();
    }, 5);
    await draining;
    clearInterval(releasing);
    expect(counts.size).toBeLessThan(60);
    await system.startWorker(answerRow);
    const batch = await system.final(id);
    expect(batch).toMatchObject({ status: 'completed', completed: 60 });
    expect([...counts.values()].every((count) => count === 1)).toBe(true);
  });
});
