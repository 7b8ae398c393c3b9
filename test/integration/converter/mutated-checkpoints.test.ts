import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TesseraError } from '@tessera/contracts';
import { convertModel, describeModel } from '@tessera/converter';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutated } from '../fuzz/mutated.js';
import { CheckpointEditor, joinFile, splitFile } from './checkpoint-editor.js';
import { NATIVE_QWEN3, PHI3 } from './refusals.js';

fc.configureGlobal({ seed: 20_261_125 });

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** In a form that leaves the line alone, however it came into the message. */
const ONE_LINE = /^[^\p{Cc}\u2028\u2029]+$/u;

let home: TemporaryDirectory;
beforeAll(async () => {
  home = await temporaryDirectory('tessera-mutated');
});
afterAll(() => home.remove());

/** Bytes put at places of a file; the file keeps its length. */
function mutatedBytes(start: number, end: number): fc.Arbitrary<(bytes: Buffer) => Buffer> {
  const byte = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 0xff }));
  const place = fc.record({ position: fc.integer({ min: start, max: end - 1 }), byte });
  return fc.array(place, { minLength: 1, maxLength: 3 }).map((places) => (bytes) => {
    const changed = Buffer.from(bytes);
    for (const { position, byte } of places) changed[position] = byte;
    return changed;
  });
}

/** Converts a checkpoint, one file of which is replaced for the time, and gives what became of it. */
async function convertWith(checkpoint: CheckpointEditor, name: string, bytes: Uint8Array): Promise<unknown> {
  const intact = await readFile(checkpoint.file(name));
  const outputs = path.join(home.path, 'outputs');
  await mkdir(outputs, { recursive: true });
  await writeFile(checkpoint.file(name), bytes);
  try {
    await describeModel(checkpoint.directory).catch(expectRefusal);
    await convertModel({ source: checkpoint.directory, output: path.join(outputs, 'model') });
    expect(await readdir(outputs)).toEqual(['model']);
    return 'converted';
  } catch (error) {
    expectRefusal(error);
    expect(await readdir(outputs)).toEqual([]);
    return 'refused';
  } finally {
    await writeFile(checkpoint.file(name), intact);
    await rm(outputs, { recursive: true });
  }
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof TesseraError)) throw error;
  expect(error.message).toMatch(ONE_LINE);
}

const toJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** Runs mutations of a file, and expects these outcomes: where all are refused, the mutations may be too rough. */
async function check(
  checkpoint: CheckpointEditor,
  name: string,
  mutations: fc.Arbitrary<Uint8Array>,
  { numRuns, outcomes }: { numRuns: number; outcomes: string[] },
): Promise<void> {
  const seen = new Set<unknown>();
  const property = fc.asyncProperty(mutations, async (bytes) => {
    seen.add(await convertWith(checkpoint, name, bytes));
  });
  await fc.assert(property, { numRuns });
  expect([...seen].sort()).toEqual(outcomes);
}

/** A copy whose rope tables are short: they are most of such a small model, and all conversions together take seconds. */
async function copyCheckpoint(golden: string, language: string): Promise<CheckpointEditor> {
  const checkpoint = await CheckpointEditor.copy(golden, path.join(home.path, golden));
  await checkpoint.setConfig(`${language}.max_position_embeddings`, 256);
  return checkpoint;
}

const BOTH = ['converted', 'refused'];

describe('a checkpoint with anything wrong in it converts or is refused, without a trace', () => {
  let checkpoint: CheckpointEditor;
  beforeAll(async () => {
    checkpoint = await copyCheckpoint(PHI3, 'llm_config');
  });

  it('bytes of config.json', async () => {
    const bytes = await readFile(checkpoint.file('config.json'));
    const mutations = mutatedBytes(0, bytes.length).map((mutate) => mutate(bytes));
    await check(checkpoint, 'config.json', mutations, { numRuns: 60, outcomes: BOTH });
  });

  it('values of config.json', async () => {
    const config: unknown = JSON.parse(await readFile(checkpoint.file('config.json'), 'utf8'));
    await check(checkpoint, 'config.json', mutated(config).map(toJson), { numRuns: 60, outcomes: BOTH });
  });

  it('values of config.json in the native layout', async () => {
    const native = await copyCheckpoint(NATIVE_QWEN3, 'text_config');
    const config: unknown = JSON.parse(await readFile(native.file('config.json'), 'utf8'));
    await check(native, 'config.json', mutated(config).map(toJson), { numRuns: 40, outcomes: BOTH });
  });

  it('bytes of a header', async () => {
    const bytes = await readFile(checkpoint.file(WEIGHTS));
    const end = 8 + Number(bytes.readBigUInt64LE(0));
    const mutations = mutatedBytes(0, end).map((mutate) => mutate(bytes));
    await check(checkpoint, WEIGHTS, mutations, { numRuns: 60, outcomes: ['refused'] });
  });

  it('values of a header', async () => {
    const { header, data } = splitFile(await readFile(checkpoint.file(WEIGHTS)));
    const mutations = mutated(header).map((json) => joinFile(toJson(json), data));
    await check(checkpoint, WEIGHTS, mutations, { numRuns: 40, outcomes: BOTH });
  });

  it('values of an index', async () => {
    await checkpoint.shard(3);
    const index: unknown = JSON.parse(await readFile(checkpoint.file(INDEX), 'utf8'));
    await check(checkpoint, INDEX, mutated(index).map(toJson), { numRuns: 30, outcomes: BOTH });
  });
});
