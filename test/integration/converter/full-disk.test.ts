import { closeSync, openSync, writeSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import {
  type ConversionProgress,
  convertModel,
  NotEnoughSpaceError,
  OutputNotWritableError,
} from '@tessera/converter';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { StoreVolume } from '../../chaos/store-volume.js';
import { type CheckpointEditor } from './checkpoint-editor.js';
import { hashFiles, Refusals } from './refusals.js';

const MEBIBYTE = 1024 ** 2;

let refusals: Refusals;
let checkpoint: CheckpointEditor;
let volume: StoreVolume | undefined;
beforeEach(async () => {
  refusals = await Refusals.prepare();
  checkpoint = await refusals.checkpoint();
});
afterEach(async () => {
  await volume?.unmount();
  volume = undefined;
  await refusals.remove();
});

/** A file system of this size. Root can mount one; without root's rights the test says so and is left out. */
async function mountVolume(context: TestContext, sizeBytes: number): Promise<string> {
  volume = await StoreVolume.mount(refusals.place(), sizeBytes);
  const { unavailable, directory } = volume;
  if (unavailable === undefined) return directory;
  if (process.getuid?.() === 0) throw new Error(`root cannot mount a file system: ${unavailable}`);
  return context.skip(`no file system can be mounted without root's rights: ${unavailable}`);
}

/** Writes until there is no room for another byte, as some other process would. */
function fillUp(directory: string): void {
  const file = openSync(path.join(directory, 'filler'), 'a');
  try {
    for (let bytes = 64 * 1024; bytes >= 1;) {
      try {
        if (writeSync(file, new Uint8Array(bytes)) < bytes) bytes = Math.floor(bytes / 2);
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
        bytes = Math.floor(bytes / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

describe('a disk', () => {
  it('that is too small is found out before anything is written', async (context) => {
    const directory = await mountVolume(context, MEBIBYTE);
    const output = path.join(directory, 'model');
    const progress: ConversionProgress[] = [];
    const error = await refusals.convert(checkpoint.directory, {
      output,
      onProgress: (step) => void progress.push(step),
    });
    expect(error).toBeInstanceOf(NotEnoughSpaceError);
    const { neededBytes, availableBytes, message } = error as NotEnoughSpaceError;
    expect(neededBytes).toBeGreaterThan(3 * MEBIBYTE);
    expect(availableBytes).toBeGreaterThan(MEBIBYTE / 2);
    expect(availableBytes).toBeLessThanOrEqual(MEBIBYTE);
    expect(message).toContain(`needs ${neededBytes} bytes in ${directory}, ${availableBytes} are free`);
    expect(message).toContain('int8 or int4');
    expect(progress).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  it.for<[string, (step: ConversionProgress) => boolean]>([
    ['while weights are written', ({ graph, weightsWritten }) => graph === 'decoder' && weightsWritten === 1],
    [
      'after the last weight',
      ({ graph, weightsWritten, weightCount }) => graph === 'decoder' && weightsWritten === weightCount,
    ],
  ])('that somebody else fills %s leaves the model that was there', async ([, isTheMoment], context) => {
    const directory = await mountVolume(context, 32 * MEBIBYTE);
    const output = path.join(directory, 'model');
    await convertModel({ source: checkpoint.directory, output });
    const before = await hashFiles(output);
    let fills = 0;
    const onProgress = (step: ConversionProgress): void => {
      if (fills > 0 || !isTheMoment(step)) return;
      fills += 1;
      fillUp(directory);
    };
    const error = await refusals.convert(checkpoint.directory, { output, onProgress });
    expect(fills).toBe(1);
    expect(error).toBeInstanceOf(NotEnoughSpaceError);
    const { availableBytes, message, cause } = error as NotEnoughSpaceError;
    expect(cause).toMatchObject({ code: 'ENOSPC' });
    expect(availableBytes).toBeUndefined();
    expect(message).toMatch(new RegExp(`needs \\d+ bytes in ${directory}, it is full; free some space`));
    expect((await readdir(directory)).sort()).toEqual(['filler', 'model']);
    expect(await hashFiles(output)).toEqual(before);
    await rm(path.join(directory, 'filler'));
    expect(await refusals.convert(checkpoint.directory, { output })).toBe('converted');
    expect(await readdir(directory)).toEqual(['model']);
  });
});

describe('an output that is a file system of its own', () => {
  it('cannot be put in place at once, and keeps the model that is in it', async (context) => {
    const directory = await mountVolume(context, 32 * MEBIBYTE);
    const converted = path.join(directory, 'model');
    await convertModel({ source: checkpoint.directory, output: converted });
    for (const name of await readdir(converted)) {
      await rename(path.join(converted, name), path.join(directory, name));
    }
    await rmdir(converted);
    const before = await hashFiles(directory);
    const error = await refusals.convert(checkpoint.directory, { output: directory });
    expect(error).toBeInstanceOf(OutputNotWritableError);
    expect((error as Error).message).toMatch(/cannot be written: EBUSY.*choose an output directory/);
    expect(await hashFiles(directory)).toEqual(before);
  });
});
