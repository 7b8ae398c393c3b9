import { execFile } from 'node:child_process';
import { chmod, link, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  CheckpointDirectoryError,
  CheckpointFileInvalidError,
  CheckpointFileMissingError,
  convertModel,
  OutputContainsSourceError,
  OutputNotWritableError,
} from '@tessera/converter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckpointEditor } from './checkpoint-editor.js';
import { hashFiles, Refusals } from './refusals.js';

const run = promisify(execFile);
const FILE = 'model.safetensors';
/** User without rights of its own on any Unix. */
const NOBODY = 65_534;

let refusals: Refusals;
beforeAll(async () => {
  refusals = await Refusals.prepare();
});
afterAll(() => refusals.remove());

describe('the folder of a checkpoint', () => {
  it('that does not exist is refused', async () => {
    const source = refusals.place();
    await refusals.expect(source, CheckpointDirectoryError, [source, 'does not exist']);
  });

  it('that is a file is refused', async () => {
    const source = refusals.place();
    await writeFile(source, '');
    await refusals.expect(source, CheckpointDirectoryError, [source, 'it is a file; give the folder']);
  });

  it.each(['config.json', FILE, 'special_tokens_map.json'])(
    'with a folder for %s is refused',
    async (name) => {
      const checkpoint = await refusals.checkpoint();
      await checkpoint.remove(name);
      await mkdir(checkpoint.file(name));
      const { message } = (await refusals.convert(checkpoint.directory)) as Error;
      expect(message).toContain(checkpoint.file(name));
      await refusals.expectNoTrace();
    },
  );

  it.each(['config.json', FILE])('with a pipe for %s is refused at once, not waited for', async (name) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.remove(name);
    await run('mkfifo', [checkpoint.file(name)]);
    const mentions = [checkpoint.file(name), 'not a regular file'];
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions);
  });

  it('with a JSON file of gigabytes is refused without reading it', async () => {
    const checkpoint = await refusals.checkpoint();
    await run('truncate', ['--size', '8G', checkpoint.file('config.json')]);
    const mentions = [checkpoint.file('config.json'), '8589934592 bytes'];
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions);
  });

  it.each(['config.json', FILE])('with a %s that may not be read is refused by it', async (name) => {
    const checkpoint = await refusals.checkpoint();
    await chmod(checkpoint.file(name), 0);
    const mentions = [checkpoint.file(name), 'permission denied'];
    await asOrdinaryUser(() => refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions));
  });
});

/** Root may read everything, so it gives up its rights for a while. */
async function asOrdinaryUser(act: () => Promise<void>): Promise<void> {
  const { getuid, seteuid } = process;
  if (getuid?.() !== 0 || seteuid === undefined) return act();
  seteuid(NOBODY);
  try {
    await act();
  } finally {
    seteuid(0);
  }
}

describe('the cache of a hub, whose files are links', () => {
  /** Moves files to `blobs` and puts links to them in their place, as a hub's cache has them. */
  async function toCache(checkpoint: CheckpointEditor): Promise<string> {
    const cache = refusals.place();
    const snapshot = path.join(cache, 'snapshots', 'main');
    await mkdir(path.join(cache, 'blobs'), { recursive: true });
    await mkdir(snapshot, { recursive: true });
    for (const name of await readdir(checkpoint.directory)) {
      await rename(checkpoint.file(name), path.join(cache, 'blobs', `sha-of-${name}`));
      await symlink(path.join('..', '..', 'blobs', `sha-of-${name}`), path.join(snapshot, name));
    }
    return snapshot;
  }

  it('converts like the files themselves', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.shard(3);
    const plain = refusals.place();
    await convertModel({ source: checkpoint.directory, output: plain, id: 'model' });
    const cached = refusals.place();
    await convertModel({ source: await toCache(checkpoint), output: cached, id: 'model' });
    expect(await hashFiles(cached)).toEqual(await hashFiles(plain));
  });

  it('is refused by a file whose target is not downloaded yet, with the target', async () => {
    const checkpoint = await refusals.checkpoint();
    const names = await checkpoint.shard(2);
    const snapshot = await toCache(checkpoint);
    const blob = path.join('..', '..', 'blobs', `sha-of-${names[1]}`);
    await rm(path.join(snapshot, blob));
    const mentions = [path.join(snapshot, names[1] as string), `a link to ${blob}, which does not exist`];
    await refusals.expect(snapshot, CheckpointFileMissingError, mentions);
  });

  it('is refused by a link that leads to itself', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.remove('config.json');
    await symlink('config.json', checkpoint.file('config.json'));
    const mentions = [checkpoint.file('config.json'), 'ELOOP'];
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions);
  });
});

describe('the output', () => {
  it('that holds the checkpoint is not replaced', async () => {
    const output = await refusals.expectSuccess((await refusals.checkpoint()).directory);
    const checkpoint = await refusals.checkpoint();
    await rename(checkpoint.directory, path.join(output, 'checkpoint'));
    const before = await readdir(output);
    const error = await refusals.convert(path.join(output, 'checkpoint'), { output });
    expect(error).toBeInstanceOf(OutputContainsSourceError);
    expect(await readdir(output)).toEqual(before);
  });

  it('that is the checkpoint itself is not replaced, even with a manifest in it', async () => {
    const converted = await refusals.expectSuccess((await refusals.checkpoint()).directory);
    const checkpoint = await refusals.checkpoint();
    await link(path.join(converted, 'tessera.json'), checkpoint.file('tessera.json'));
    const before = await hashFiles(checkpoint.directory);
    const error = await refusals.convert(checkpoint.directory, { output: checkpoint.directory });
    expect(error).toBeInstanceOf(OutputContainsSourceError);
    expect(await hashFiles(checkpoint.directory)).toEqual(before);
  });

  it('below a file is refused by its name', async () => {
    const checkpoint = await refusals.checkpoint();
    const output = path.join(checkpoint.file('config.json'), 'model');
    const before = await hashFiles(checkpoint.directory);
    const error = await refusals.convert(checkpoint.directory, { output });
    expect((error as Error).message).toContain(output);
    expect(await hashFiles(checkpoint.directory)).toEqual(before);
  });

  it.each(['/proc/model', '/proc/models/model'])(
    'in a file system that takes no files is refused (%s)',
    async (output) => {
      const checkpoint = await refusals.checkpoint();
      const error = await refusals.convert(checkpoint.directory, { output });
      expect(error).toBeInstanceOf(OutputNotWritableError);
      expect((error as Error).message).toMatch(/^\/proc\/\S*model cannot be written: E.*choose an output/);
    },
  );

  it('in folders that are not there yet has them made', async () => {
    const { directory } = await refusals.checkpoint();
    const output = path.join(refusals.place(), 'models', 'phi3');
    expect(await refusals.convert(directory, { output })).toBe('converted');
    expect(await readdir(path.dirname(output))).toEqual(['phi3']);
  });
});
