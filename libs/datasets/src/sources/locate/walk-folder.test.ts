import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOfForm } from '../forms.js';
import { walkFolder } from './walk-folder.js';

let folder: string;
let outside: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-walk-'));
  outside = await mkdtemp(join(tmpdir(), 'tessera-walk-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(outside, { recursive: true, force: true });
});

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '');
  }
}

const isImage = (name: string) => isOfForm(name, 'images');

async function walk(depth?: number): Promise<string[]> {
  const names: string[] = [];
  const onUnreadable = (path: string) => expect.fail(`${path} was not read`);
  for await (const { name } of walkFolder(folder, { accepts: isImage, depth, onUnreadable }))
    names.push(name);
  return names;
}

const at = (...names: string[]) => join(folder, ...names);

describe('walkFolder', () => {
  it('lists files of all levels in the order of code units, and nothing else', async () => {
    await put(
      at('b.png'),
      at('B.PNG'),
      at('a', 'z.jpg'),
      at('a.jpeg'),
      at('ä.gif'),
      at('notes.txt'),
      at('jpg'),
    );
    expect(await walk()).toEqual(['B.PNG', 'a/z.jpg', 'a.jpeg', 'b.png', 'ä.gif']);
  });

  it('goes as deep as it is told', async () => {
    await put(at('1.png'), at('a', '2.png'), at('a', 'b', '3.png'));
    expect(await walk(1)).toEqual(['1.png']);
    expect(await walk(2)).toEqual(['1.png', 'a/2.png']);
  });

  it('leaves out what is hidden', async () => {
    await put(at('.a.png'), at('.git', 'b.png'), at('c.png'));
    expect(await walk()).toEqual(['c.png']);
  });

  it('ends where links form loops, and takes what lies inside once', async () => {
    await put(at('a', 'b', '1.png'));
    await symlink('..', at('a', 'b', 'up'));
    await symlink(at('a'), at('0-first'));
    expect(await walk()).toEqual(['a/b/1.png']);
  });

  it('follows links that lead outside, each place once, and links to files', async () => {
    await put(join(outside, '1.png'));
    await symlink(outside, at('link'));
    await symlink(outside, at('link2'));
    await symlink(folder, join(outside, 'back'));
    await symlink(join(outside, '1.png'), at('file.png'));
    expect(await walk()).toEqual(['file.png', 'link/1.png']);
  });

  it('gives a link that leads nowhere, for its reading to fail', async () => {
    await symlink('nowhere', at('gone.png'));
    expect(await walk()).toEqual(['gone.png']);
  });

  it('takes a folder that is named like an image for a folder', async () => {
    await put(at('album.jpg', 'a.png'));
    expect(await walk()).toEqual(['album.jpg/a.png']);
  });

  it('reports a folder that cannot be listed and goes on', async () => {
    await put(at('a', '1.png'), at('b', '2.png'), at('c', '3.png'));
    const unreadable: string[] = [];
    const onUnreadable = (path: string) => void unreadable.push(path);
    const images = walkFolder(folder, { accepts: isImage, onUnreadable });
    expect((await images.next()).value).toMatchObject({ name: 'a/1.png' });
    await rm(at('b'), { recursive: true });
    expect((await images.next()).value).toMatchObject({ name: 'c/3.png' });
    expect(unreadable).toEqual([at('b')]);
  });

  it('ends with the reason of an abort', async () => {
    await put(at('1.png'), at('2.png'));
    const abort = new AbortController();
    const images = walkFolder(folder, { accepts: isImage, signal: abort.signal });
    await images.next();
    abort.abort(new Error('enough'));
    await expect(images.next()).rejects.toThrow('enough');
  });

  it('rejects when the folder itself cannot be listed', async () => {
    await rm(folder, { recursive: true, force: true });
    await expect(walk()).rejects.toThrow('ENOENT');
  });
});
