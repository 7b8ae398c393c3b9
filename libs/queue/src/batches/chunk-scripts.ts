import { type ChunkRange } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import {
  commitChunkLua,
  cutChunkLua,
  dueChunksLua,
  journalRowsLua,
  markRowLua,
  reconcileChunksLua,
  releaseChunkLua,
  seizeChunkLua,
  startChunkLua,
} from '../lua/chunk.lua.js';
import { hashReply } from '../hash-reply.js';
import { defineScript } from '../script.js';
import { type CommittedChunk } from './batch-store.js';

/** Which attempt at which chunk. */
export interface ChunkKey {
  readonly batchId: string;
  readonly index: number;
  readonly token: string;
}

/** How a row that has begun runs: beside others, or alone because workers died over its chunk. */
export type RowTurn = 'shared' | 'alone';

/** A chunk that is now the attempt's own, with what earlier attempts left in its journal. */
export interface StartedChunk extends ChunkRange {
  /** Attempts that died with their worker. */
  readonly crashes: number;
  /** Row number to what came of it, as it was journaled. */
  readonly journal: ReadonlyMap<number, string>;
  /** Rows that the last attempt began and did not finish. */
  readonly begun: ReadonlyMap<number, RowTurn>;
  /** Object that holds the rows. */
  readonly inputKey: string;
  readonly ownerId: string;
  /** x-request-id of the HTTP request that made the batch. */
  readonly requestId: string;
}

/** What an attempt has done for its chunk. */
export interface ChunkEffort {
  readonly rows: number;
  /** From its begin to its commit. */
  readonly ms: number;
  /** Time that its rows held places in the worker, all together. */
  readonly workMs: number;
}

/** A write came from an attempt that is no longer the chunk's own, or had its effect before. */
const refusals = ['committed', 'gone', 'superseded'] as const;
export type ChunkRefusal = (typeof refusals)[number];

const startedReply = z
  .tuple([z.literal('started'), hashReply, hashReply, hashReply])
  .transform(([, chunk, rows, batch]) => toStartedChunk(chunk, rows, batch));
const startReply = z.union([startedReply, z.tuple([z.literal('gone')]).transform(() => undefined)]);
const seizeReply = z.union([
  startedReply,
  z.tuple([z.enum(['gone', 'busy'])]).transform(([outcome]) => outcome),
]);
const cutReply = z.union([
  z.tuple([z.literal('cut'), z.int()]).transform(([, index]) => index),
  z.tuple([z.literal('stale')]).transform(() => undefined),
]);

/** The scripts of chunks, typed. */
export type ChunkScripts = ReturnType<typeof defineChunkScripts>;

export function defineChunkScripts(redis: Redis, root: string) {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const cut = define('cut a chunk', cutChunkLua);
  const start = define('start the chunk', startChunkLua);
  const seize = define('take the chunk over', seizeChunkLua);
  const journal = define('journal rows', journalRowsLua);
  const mark = define('mark a row', markRowLua);
  const commit = define('commit the chunk', commitChunkLua);
  const release = define('hand the chunk back', releaseChunkLua);
  const due = define('list unqueued chunks', dueChunksLua);
  const reconcile = define('compare chunks with their queue', reconcileChunksLua);
  return {
    /** Index of the new chunk; undefined where the batch's rows are elsewhere by now. */
    cut: async (batchId: string, range: ChunkRange) =>
      cutReply.parse(await cut(batchId, range.fromByte, range.toRow, range.toByte)),
    /** Undefined where the chunk is committed. */
    start: async ({ batchId, index, token }: ChunkKey) =>
      startReply.parse(await start(batchId, index, token)),
    seize: async ({ batchId, index, token }: ChunkKey, graceMs: number) =>
      seizeReply.parse(await seize(batchId, index, token, graceMs)),
    journal: async ({ batchId, index, token }: ChunkKey, rows: readonly (readonly [number, string])[]) =>
      z.enum(['journaled', ...refusals]).parse(await journal(batchId, index, token, ...rows.flat())),
    mark: async ({ batchId, index, token }: ChunkKey, row: number, turn: RowTurn) =>
      z.enum(['marked', ...refusals]).parse(await mark(batchId, index, token, row, turn)),
    commit: async (
      key: ChunkKey,
      chunk: Omit<CommittedChunk, 'token'>,
      { rows, ms, workMs }: ChunkEffort,
    ) => {
      const part: CommittedChunk = { ...chunk, token: key.token };
      const { completed, failed, tokens } = chunk;
      const counts = [completed, failed, tokens.input, tokens.cached, tokens.output, rows, ms, workMs];
      const reply = await commit(key.batchId, key.index, key.token, JSON.stringify(part), ...counts);
      return z.enum(refusals).parse(reply);
    },
    release: async ({ batchId, index, token }: ChunkKey) =>
      z.enum(['released', ...refusals]).parse(await release(batchId, index, token)),
    due: async (afterMs: number, limit: number) =>
      z.array(z.string().transform(parseChunkName)).parse(await due(afterMs, limit)),
    reconcile: async (batchId: string, queue: string) =>
      z.array(z.string()).parse(await reconcile(batchId, queue)),
  };
}

/** `<batch id>:<index>` */
function parseChunkName(name: string): { batchId: string; index: number } {
  const colon = name.lastIndexOf(':');
  return { batchId: name.slice(0, colon), index: Number(name.slice(colon + 1)) };
}

const STARTED = 'started:';
const chunkFields = z.object({
  fromRow: z.coerce.number(),
  toRow: z.coerce.number(),
  fromByte: z.coerce.number(),
  toByte: z.coerce.number(),
  crashes: z.coerce.number(),
});
const batchFacts = z.object({ inputKey: z.string(), ownerId: z.string(), requestId: z.string() });

function toStartedChunk(
  chunk: Record<string, string>,
  rows: Record<string, string>,
  batch: Record<string, string>,
): StartedChunk {
  const entries = Object.entries(rows);
  return {
    ...chunkFields.parse(chunk),
    ...batchFacts.parse(batch),
    journal: new Map(
      entries.filter(([field]) => !field.startsWith(STARTED)).map(([field, text]) => [Number(field), text]),
    ),
    begun: new Map(
      entries
        .filter(([field]) => field.startsWith(STARTED))
        .map(([field, turn]) => [Number(field.slice(STARTED.length)), turn === 'alone' ? 'alone' : 'shared']),
    ),
  };
}
