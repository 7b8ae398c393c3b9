import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, loadConfig } from '@tessera/config';
import { TransientTransferError } from '@tessera/download';
import { parseRepositoryName, pullCheckpoint, type PulledCheckpoint, type PullObserver } from '@tessera/hub';
import { EXIT_CODES, InterruptedError } from '../exit-status.js';
import { formatBytes } from '../terminal/format.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import { showTransfer } from '../terminal/transfer-progress.js';
import { listenForStop } from '../up/stop-signals.js';
import { type PullCommandOptions } from './pull-command.js';

/** Downloads a checkpoint, telling its progress on standard error and the result on standard output. */
export async function runPull(repository: string, options: PullCommandOptions): Promise<void> {
  const config = loadConfig();
  const directory = directoryOf(repository, options, config);
  const bar = new ProgressBar();
  const signals = listenForStop(() => process.exit(EXIT_CODES.interrupted));
  try {
    const pulled = await pullCheckpoint({
      hub: { ...config.hub, token: options.token ?? config.hub.token },
      repository,
      revision: options.revision,
      directory,
      force: options.force === true,
      signal: signals.stopping,
      observer: observe(bar, `${repository} (${options.revision})`),
    });
    bar.clear();
    process.stdout.write(`${describe(repository, pulled)}\n`);
    for (const line of nextSteps(pulled.directory)) bar.print(line);
  } catch (error) {
    bar.clear();
    const isInterrupted = signals.stopping.aborted;
    if (isInterrupted || error instanceof TransientTransferError) bar.print(adviceOn(directory));
    throw isInterrupted ? new InterruptedError() : error;
  } finally {
    signals.release();
  }
}

function adviceOn(directory: string): string {
  return existsSync(directory)
    ? `What has arrived stays in ${directory}; the same command goes on from there.`
    : 'Nothing was downloaded. HF_ENDPOINT is the address of the hub, HTTPS_PROXY that of a proxy on the way to it.';
}

function directoryOf(repository: string, { output }: PullCommandOptions, config: Config): string {
  if (output !== undefined) return resolve(output);
  return join(config.data.directory, 'checkpoints', ...parseRepositoryName(repository));
}

function observe(bar: ProgressBar, subject: string): PullObserver {
  return {
    ...showTransfer(bar),
    planned: ({ commit, fileCount, bytes }) =>
      bar.print(`${subject}: commit ${commit.slice(0, 12)}, ${fileCount} files, ${formatBytes(bytes)}`),
  };
}

function describe(repository: string, pulled: PulledCheckpoint): string {
  const { directory, commit, fileCount, bytes, downloadedFileCount } = pulled;
  const news = downloadedFileCount === 0 ? 'all there already' : `${downloadedFileCount} downloaded`;
  return `${directory}: ${repository}, commit ${commit.slice(0, 12)}, ${fileCount} files, ${formatBytes(bytes)}, ${news}`;
}

function nextSteps(directory: string): string[] {
  const folder = quote(directory);
  return [
    `serve it:    TESSERA_MODEL=${folder} TESSERA_PRECISION=int8 npm start`,
    `convert it:  npx tessera model convert ${folder} -o OUT --precision int8`,
  ];
}

/** As a POSIX shell reads it back. */
function quote(text: string): string {
  return /^[\w./+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
