import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TargetTakenError, readSourceRecord, RevisionNotFoundError } from '@tessera/hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, CHECKPOINT, json, PullFixture, REPOSITORY, WEIGHTS } from './pull-fixture.js';

let fixture: PullFixture;
beforeEach(async () => {
  fixture = await PullFixture.open();
});
afterEach(() => fixture.close());

const contentOf = (name: string) => readFile(join(fixture.directory, name));

describe('pullCheckpoint', () => {
  it('downloads the files of a checkpoint, by the commit, and records where they came from', async () => {
    const commit = fixture.hub.publish(REPOSITORY, CHECKPOINT);
    const pulled = await fixture.pull();
    expect(pulled).toMatchObject({
      commit,
      fileCount: 3,
      downloadedFileCount: 3,
      directory: fixture.directory,
    });
    expect((await readdir(fixture.directory)).sort()).toEqual([
      '.tessera-source.json',
      'config.json',
      'model.safetensors',
      'tokenizer.model',
    ]);
    for (const [name, { content }] of Object.entries(CHECKPOINT)) {
      expect((await contentOf(name)).equals(content), name).toBe(true);
      expect(fixture.hub.downloadsOf(name)[0]?.path).toContain(commit);
    }
    expect(await readSourceRecord(fixture.directory)).toEqual({
      endpoint: fixture.hub.endpoint,
      repository: REPOSITORY,
      revision: 'main',
      commit,
      complete: true,
      files: ['config.json', 'tokenizer.model', 'model.safetensors'],
    });
  });

  it('takes the shards that the index names, and nothing else that a repository may hold', async () => {
    const shard = (name: string) => ({ content: bytesOf(name, 1000), lfs: true });
    fixture.hub.publish(REPOSITORY, {
      'config.json': json({}),
      'model.safetensors.index.json': json({
        weight_map: {
          a: 'model-1-of-2.safetensors',
          b: 'model-2-of-2.safetensors',
          c: 'model-1-of-2.safetensors',
        },
      }),
      'model-1-of-2.safetensors': shard('1'),
      'model-2-of-2.safetensors': shard('2'),
      'consolidated.safetensors': shard('all'),
      'pytorch_model.bin': shard('pickle'),
      'modeling_internvl_chat.py': shard('program'),
      'model.onnx': shard('onnx'),
      'model.gguf': shard('gguf'),
      'runs/model.safetensors': shard('inner'),
      'merges.txt': { content: Buffer.from('a b\n') },
      LICENSE: { content: Buffer.from('MIT\n') },
    });
    await fixture.pull();
    expect((await readdir(fixture.directory)).filter((name) => !name.startsWith('.')).sort()).toEqual([
      'LICENSE',
      'config.json',
      'merges.txt',
      'model-1-of-2.safetensors',
      'model-2-of-2.safetensors',
      'model.safetensors.index.json',
    ]);
  });

  it('follows a listing over its pages, and downloads nothing that is there and right', async () => {
    fixture.hub.publish(REPOSITORY, {
      ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`note-${index}.txt`, json(index)])),
      ...CHECKPOINT,
    });
    await fixture.pull();
    expect(fixture.hub.requests.filter(({ path }) => path.includes('cursor='))).toHaveLength(3);
    const record = join(fixture.directory, '.tessera-source.json');
    const before = await stat(record);
    fixture.hub.requests.length = 0;
    expect(await fixture.pull()).toMatchObject({ downloadedFileCount: 0, fileCount: 3 });
    expect(fixture.hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
    // A checkpoint of which a file has changed is converted anew.
    expect((await stat(record)).mtimeMs).toBe(before.mtimeMs);
  });

  it('repairs a file that has changed since, of the same length or not', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    await fixture.pull();
    await writeFile(join(fixture.directory, 'tokenizer.model'), bytesOf('other', 5000));
    await writeFile(join(fixture.directory, 'config.json'), '');
    expect(await fixture.pull()).toMatchObject({ downloadedFileCount: 2 });
    expect((await contentOf('tokenizer.model')).equals(bytesOf('tokenizer', 5000))).toBe(true);
    expect(await contentOf('config.json')).toEqual(CHECKPOINT['config.json']?.content);
  });

  it('takes a branch where it is now, and removes what only the earlier commit had', async () => {
    fixture.hub.publish(REPOSITORY, { ...CHECKPOINT, 'added_tokens.json': json({ '<img>': 9 }) });
    await fixture.pull();
    await writeFile(join(fixture.directory, 'mine.txt'), 'kept');
    const commit = fixture.hub.publish(REPOSITORY, { ...CHECKPOINT, 'config.json': json({ new: true }) });
    expect(await fixture.pull()).toMatchObject({ commit, downloadedFileCount: 1 });
    const names = await readdir(fixture.directory);
    expect(names).not.toContain('added_tokens.json');
    expect(names).toContain('mine.txt');
    expect(await readSourceRecord(fixture.directory)).toMatchObject({ commit, complete: true });
  });

  it.each(['v1.0', 'refs/pr/7'])('takes the revision %s', async (revision) => {
    const commit = fixture.hub.publish(REPOSITORY, CHECKPOINT, revision);
    expect(await fixture.pull({ revision })).toMatchObject({ commit });
  });

  it('says so when the revision is not there', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    const failure = fixture.pull({ revision: 'v9' });
    await expect(failure).rejects.toBeInstanceOf(RevisionNotFoundError);
    await expect(failure).rejects.toThrow('has no branch, tag or commit v9');
  });

  it('ends with every byte and every file done, and never goes past it', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    fixture.hub.plan('model.safetensors', { kind: 'drop', afterBytes: 100_000 });
    const { bytes } = await fixture.pull();
    expect(fixture.progress.at(-1)).toEqual({
      phase: 'downloading',
      bytesDone: bytes,
      bytesTotal: bytes,
      bytesWorked: bytes,
      filesDone: 3,
      fileCount: 3,
    });
    expect(Math.max(...fixture.progress.map(({ bytesDone }) => bytesDone))).toBe(bytes);
  });
});

describe('the target folder', () => {
  it('is refused, untouched, when a file in it did not come from the hub', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    await mkdir(fixture.directory);
    await writeFile(join(fixture.directory, 'config.json'), '{"mine":true}');
    const failure = fixture.pull();
    await expect(failure).rejects.toBeInstanceOf(TargetTakenError);
    await expect(failure).rejects.toThrow('holds another config.json');
    expect(await readdir(fixture.directory)).toEqual(['config.json']);
    expect(String(await contentOf('config.json'))).toBe('{"mine":true}');
    await fixture.pull({ force: true });
    expect(await contentOf('config.json')).toEqual(CHECKPOINT['config.json']?.content);
  });

  it('is adopted when all that it holds is right, however it came there', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    await mkdir(fixture.directory);
    await writeFile(join(fixture.directory, 'model.safetensors'), WEIGHTS);
    expect(await fixture.pull()).toMatchObject({ downloadedFileCount: 2 });
    expect(fixture.hub.downloadsOf('model.safetensors')).toEqual([]);
  });

  it('is refused when it holds another repository', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    fixture.hub.publish('OpenGVLab/Other', CHECKPOINT);
    await fixture.pull();
    await expect(fixture.pull({ repository: 'OpenGVLab/Other' })).rejects.toThrow(`holds ${REPOSITORY}`);
  });

  it('is refused before anything is downloaded when its disk is too small', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    const size = 2 ** 52;
    const entry = {
      type: 'file',
      path: 'LICENSE',
      size,
      oid: '1'.repeat(40),
      lfs: { oid: '2'.repeat(64), size },
    };
    fixture.hub.extraEntries.push(entry);
    await expect(fixture.pull()).rejects.toThrow(
      /is too small: 4503599\.\d\d GB are still to come, \d+\.\d\d GB are free/,
    );
    expect(await readdir(fixture.directory)).toEqual([]);
  });
});
