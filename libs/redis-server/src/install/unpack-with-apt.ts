import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { unpackedBinaryDirectory } from '../find-redis-server.js';
import { lastLines, runCommand } from '../run-command.js';
import { installFirstAvailable } from './apt.js';
import { type InstallContext, type InstallOutcome } from './install-outcome.js';

/**
 * Without root: apt downloads the server and those of its libraries that the system lacks (and checks their
 * signatures), with lists and cache in a folder of our own; `dpkg-deb -x` unpacks them under the data folder.
 */
export async function unpackWithApt({ dataDirectory, log }: InstallContext): Promise<InstallOutcome> {
  const target = resolve(unpackedBinaryDirectory(dataDirectory), '..');
  await mkdir(dirname(target), { recursive: true });
  // Built aside and renamed, so that a half-unpacked server is never found.
  const workspace = await mkdtemp(`${target}-`);
  try {
    const downloaded = await download(workspace, log);
    if (downloaded.kind !== 'installed') return downloaded;
    const unpacked = await unpack(join(workspace, 'cache', 'archives'), join(workspace, 'root'));
    if (unpacked.kind !== 'installed') return unpacked;
    await writeLaunchers(join(workspace, 'root'), target);
    await rm(target, { recursive: true, force: true });
    await rename(join(workspace, 'root'), target);
    log(`unpacked into ${target}`);
    return { kind: 'installed' };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function download(workspace: string, log: (line: string) => void): Promise<InstallOutcome> {
  await mkdir(join(workspace, 'lists', 'partial'), { recursive: true });
  await mkdir(join(workspace, 'cache', 'archives', 'partial'), { recursive: true });
  // The system's locks belong to root; nothing of the system is written.
  const shared = ['-o', 'Debug::NoLocking=1', '-o', `Dir::Cache=${join(workspace, 'cache')}`];
  const own = [...shared, '-o', `Dir::State::Lists=${join(workspace, 'lists')}`];
  return installFirstAvailable({
    log,
    update: [...own, '-q', 'update'],
    install: [...own, '-y', '-q', '--no-install-recommends', '--download-only', 'install'],
    describe: (name) => `apt-get download of ${name} (no root: it is unpacked under the data folder)`,
  });
}

async function unpack(archives: string, root: string): Promise<InstallOutcome> {
  const packages = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  for (const name of packages) {
    const { exitCode, output } = await runCommand('dpkg-deb', ['-x', join(archives, name), root]);
    if (exitCode !== 0)
      return { kind: 'failed', reason: `dpkg-deb -x ${name} failed: ${lastLines(output, 3)}` };
  }
  return packages.length > 0
    ? { kind: 'installed' }
    : {
        kind: 'failed',
        reason: 'apt downloaded nothing: the package is installed, but its server does not run',
      };
}

/** Scripts under `bin/` that start the unpacked servers with the unpacked libraries. */
async function writeLaunchers(root: string, target: string): Promise<void> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const libraryDirectories = new Set(
    files.filter((file) => file.name.includes('.so')).map((file) => relative(root, file.parentPath)),
  );
  const libraryPath = [...libraryDirectories].map((directory) => join(target, directory)).join(':');
  await mkdir(join(root, 'bin'), { recursive: true });
  for (const file of files) {
    if (!/^(redis|valkey)-server$/.test(file.name) || !file.parentPath.endsWith('/usr/bin')) continue;
    const command = join(target, relative(root, file.parentPath), file.name);
    const script = `#!/bin/sh\nLD_LIBRARY_PATH=${quote(libraryPath)} exec ${quote(command)} "$@"\n`;
    await writeFile(join(root, 'bin', file.name), script, { mode: 0o755 });
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
