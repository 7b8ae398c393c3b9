import {
  BATCH_STATUSES,
  type BatchError,
  type BatchRequest,
  type EarlyEnd,
  type KeyLimits,
} from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { UnknownCursorError } from '../errors.js';
import {
  batchLoadLua,
  batchesWithPartsLua,
  beginBatchLua,
  createBatchLua,
  deleteBatchLua,
  dueBatchesLua,
  endBatchEarlyLua,
  failBatchLua,
  finalizeBatchLua,
  finishBatchScriptLua,
  listBatchesLua,
} from '../lua/manage-batch.lua.js';
import { tokensUsedLua } from '../lua/tokens.lua.js';
import { defineScript } from '../script.js';
import { batchReply, encodeBatchRequest } from './batch-fields.js';
import {
  type BatchLoad,
  type BatchQuery,
  type CreateBatchOutcome,
  type EndEarlyOutcome,
} from './batch-store.js';

const createReply = z.union([
  z.tuple([z.literal('kept'), batchReply]),
  z.tuple([z.literal('too_many_open'), z.int()]),
]);
const pageReply = z.union([
  z.tuple([z.literal('page'), z.array(batchReply)]),
  z.tuple([z.literal('unknown_cursor')]),
]);
const endReply = z.union([
  z.tuple([z.literal('ending'), batchReply]),
  z.tuple([z.literal('refused'), z.enum(BATCH_STATUSES)]),
  z.tuple([z.literal('not_found')]),
]);
const finalizeReply = z.union([
  z.tuple([z.literal('finalizing'), z.string(), z.string()]),
  z.tuple([z.literal('busy')]),
  z.tuple([z.literal('gone')]),
]);
const statusReply = z.enum([...BATCH_STATUSES, 'gone']);
const loadReply = z.tuple([z.int(), z.int()]);
const beginReply = z.union([z.tuple([z.literal('too_many_rows'), z.int()]), z.tuple([statusReply])]);

/** What validation has found out about a batch. */
export interface ValidatedInput {
  readonly model: string;
  /** Object that holds the rows. */
  readonly inputKey: string;
  readonly total: number;
  readonly inputBytes: number;
}

export type BeginOutcome =
  | { kind: 'known'; status: z.infer<typeof statusReply> }
  /** With its rows its owner would have more to do than it may; `queuedRows` are those without it. */
  | { kind: 'too_many_rows'; queuedRows: number };

export type FinalizeOutcome =
  /** The ids that its files get; the same at every call. */
  | { kind: 'finalizing'; files: { outputFileId: string; errorFileId: string } }
  /** Chunks are open, or rows are left that are to run. */
  | { kind: 'busy' }
  | { kind: 'gone' };

function defineCreate(redis: Redis, root: string, retentionSeconds: number) {
  const create = defineScript(redis, root, { action: 'create the batch', lua: createBatchLua });
  return async (
    request: BatchRequest,
    limits: Pick<KeyLimits, 'openBatches'>,
  ): Promise<CreateBatchOutcome> => {
    const { id, ownerId } = request;
    const fields = encodeBatchRequest(request, retentionSeconds);
    const [kind, value] = createReply.parse(await create(id, ownerId, limits.openBatches ?? '', ...fields));
    return kind === 'kept' ? { kind, record: value } : { kind, openBatches: value };
  };
}

/** The scripts that move whole batches, typed. */
export type BatchScripts = ReturnType<typeof defineBatchScripts>;

export function defineBatchScripts(redis: Redis, root: string, retentionSeconds: number) {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const list = define('list batches', listBatchesLua);
  const endEarly = define('end the batch early', endBatchEarlyLua);
  const begin = define('begin the batch', beginBatchLua);
  const load = define('count the batches of an owner', batchLoadLua);
  const tokensUsed = define('read the tokens of owners', tokensUsedLua);
  const fail = define('fail the batch', failBatchLua);
  const finalize = define('finalize the batch', finalizeBatchLua);
  const finish = define('finish the batch', finishBatchScriptLua);
  const remove = define('delete the batch', deleteBatchLua);
  const due = define('list expired batches', dueBatchesLua);
  const withParts = define('list batches with part files', batchesWithPartsLua);
  return {
    create: defineCreate(redis, root, retentionSeconds),
    list: async ({ ownerId, limit, after }: BatchQuery) => {
      // One more than asked for tells whether there are more.
      const [outcome, records] = pageReply.parse(await list(ownerId, after ?? '', limit + 1));
      if (outcome === 'unknown_cursor') throw new UnknownCursorError(after ?? '', 'batch');
      return { records: records.slice(0, limit), hasMore: records.length > limit };
    },
    endEarly: async (id: string, earlyEnd: EarlyEnd): Promise<EndEarlyOutcome> => {
      const [kind, value] = endReply.parse(await endEarly(id, earlyEnd));
      if (kind === 'ending') return { kind, record: value };
      return kind === 'refused' ? { kind, status: value } : { kind };
    },
    begin: async (id: string, input: ValidatedInput): Promise<BeginOutcome> => {
      const { model, inputKey, total, inputBytes } = input;
      const fields = ['model', model, 'inputKey', inputKey, 'total', total, 'inputBytes', inputBytes];
      const reply = beginReply.parse(await begin(id, total, ...fields));
      return reply[0] === 'too_many_rows'
        ? { kind: 'too_many_rows', queuedRows: reply[1] }
        : { kind: 'known', status: reply[0] };
    },
    load: async (ownerId: string): Promise<BatchLoad> => {
      const [openBatches, queuedRows] = loadReply.parse(await load(ownerId));
      return { openBatches, queuedRows };
    },
    tokensUsed: async (ownerIds: readonly string[]) => z.array(z.int()).parse(await tokensUsed(...ownerIds)),
    fail: async (id: string, errors: readonly BatchError[]) =>
      statusReply.parse(await fail(id, JSON.stringify(errors))),
    finalize: async (id: string, outputFileId: string, errorFileId: string): Promise<FinalizeOutcome> => {
      const [kind, ...planned] = finalizeReply.parse(await finalize(id, outputFileId, errorFileId));
      if (kind !== 'finalizing') return { kind };
      const [output = outputFileId, error = errorFileId] = planned;
      return { kind, files: { outputFileId: output, errorFileId: error } };
    },
    finish: async (
      id: string,
      status: 'completed' | EarlyEnd,
      files: { outputFileId?: string; errorFileId?: string },
    ) => statusReply.parse(await finish(id, status, files.outputFileId ?? '', files.errorFileId ?? '')),
    remove: async (id: string) => (await remove(id)) === 'deleted',
    due: async (limit: number) => z.array(z.string()).parse(await due(limit)),
    withParts: async (endedForMs: number, limit: number) =>
      z.array(z.string()).parse(await withParts(endedForMs, limit)),
  };
}
