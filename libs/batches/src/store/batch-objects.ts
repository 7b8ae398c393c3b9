import { type BatchRecord, type BatchRequest } from '@tessera/contracts';
import { type ValidatedInput } from '@tessera/queue';
import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { z } from 'zod';
import { BatchObjectInvalidError } from '../errors.js';

/** Where the objects of a batch are: what is known of it, and its part files while it runs. */
export function batchPrefix(batchId: string): string {
  return `batches/${batchId}/`;
}

/** How a batch was asked for: there before it is acknowledged. */
const manifestKey = (batchId: string): string => `${batchPrefix(batchId)}batch.json`;
/** What validation has found: there before any row runs. */
const inputKey = (batchId: string): string => `${batchPrefix(batchId)}input.json`;
/** That it is to end early: there before that is acknowledged. */
const cancelKey = (batchId: string): string => `${batchPrefix(batchId)}cancel.json`;
/** The whole record: there before the batch has ended. */
const endKey = (batchId: string): string => `${batchPrefix(batchId)}ended.json`;

const manifestObject = z.object({ request: z.custom<BatchRequest>(hasId) });
const inputObject = z.object({
  model: z.string(),
  inputKey: z.string(),
  total: z.int(),
  inputBytes: z.int(),
}) satisfies z.ZodType<ValidatedInput>;
const cancelObject = z.object({ cancellingAtMs: z.int() });
const endObject = z.object({ record: z.custom<BatchRecord>(hasId) });

/** What this module wrote is not checked field by field again. */
function hasId(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'id' in value;
}

/** Writes how a batch is asked for. */
export function writeManifest(store: ObjectStore, request: BatchRequest): Promise<void> {
  return store.put(manifestKey(request.id), toBytes({ request }));
}

/** For a batch that was not made after all. */
export function deleteManifest(store: ObjectStore, batchId: string): Promise<void> {
  return store.delete(manifestKey(batchId));
}

/** Writes what validation has found. */
export function writeInput(store: ObjectStore, batchId: string, input: ValidatedInput): Promise<void> {
  return store.put(inputKey(batchId), toBytes(input));
}

/** Writes that a batch was told to end early. */
export function writeCancel(store: ObjectStore, batchId: string, cancellingAtMs: number): Promise<void> {
  return store.put(cancelKey(batchId), toBytes({ cancellingAtMs }));
}

/** Writes how a batch has ended. */
export function writeEnd(store: ObjectStore, record: BatchRecord): Promise<void> {
  return store.put(endKey(record.id), toBytes({ record }));
}

/** How a batch was asked for; undefined where the store knows none. @throws {BatchObjectInvalidError} */
export async function readManifest(store: ObjectStore, batchId: string): Promise<BatchRequest | undefined> {
  return (await readObject(store, manifestKey(batchId), manifestObject))?.request;
}

/** What validation has found, where it has ended. @throws {BatchObjectInvalidError} */
export function readInput(store: ObjectStore, batchId: string): Promise<ValidatedInput | undefined> {
  return readObject(store, inputKey(batchId), inputObject);
}

/** When a batch was told to end early, where it was. @throws {BatchObjectInvalidError} */
export async function readCancel(store: ObjectStore, batchId: string): Promise<number | undefined> {
  return (await readObject(store, cancelKey(batchId), cancelObject))?.cancellingAtMs;
}

/** The record of a batch that has ended. @throws {BatchObjectInvalidError} */
export async function readEnd(store: ObjectStore, batchId: string): Promise<BatchRecord | undefined> {
  return (await readObject(store, endKey(batchId), endObject))?.record;
}

function toBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

async function readObject<Schema extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  try {
    return schema.parse(JSON.parse(Buffer.from(await store.get(key)).toString('utf8')));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw new BatchObjectInvalidError(key, error);
    throw error;
  }
}
