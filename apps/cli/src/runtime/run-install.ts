import { resolve } from 'node:path';
import { type Config, loadConfig } from '@tessera/config';
import { TransientTransferError } from '@tessera/download';
import {
  chooseBuild,
  DEFAULT_INDEX_URL,
  type InstallObserver,
  installRuntime,
  platformOf,
  type RuntimeBuild,
} from '@tessera/ort-runtime';
import { EXIT_CODES, InterruptedError } from '../exit-status.js';
import { formatBytes } from '../terminal/format.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import { showTransfer } from '../terminal/transfer-progress.js';
import { listenForStop } from '../up/stop-signals.js';
import { type InstallCommandOptions } from './runtime-command.js';

/** Installs the CUDA build, telling its progress on standard error and the result on standard output. */
export async function runInstall(options: InstallCommandOptions): Promise<void> {
  const config = loadConfig();
  const build = chooseBuild();
  const runtimeDirectory = options.output === undefined ? config.runtime.directory : resolve(options.output);
  const bar = new ProgressBar();
  const signals = listenForStop(() => process.exit(EXIT_CODES.interrupted));
  try {
    const { directory, unpackedBytes, isNew } = await installRuntime({
      build,
      runtimeDirectory,
      source: sourceOf(options, config),
      force: options.force === true,
      signal: signals.stopping,
      observer: observe(bar, build, options),
    });
    bar.clear();
    const news = isNew ? 'installed' : 'installed already (--force installs it again)';
    process.stdout.write(`${directory}: ${nameOf(build)}, ${formatBytes(unpackedBytes)}, ${news}\n`);
    for (const line of nextSteps(runtimeDirectory, config, build)) bar.print(line);
  } catch (error) {
    bar.clear();
    const isInterrupted = signals.stopping.aborted;
    if (isInterrupted || error instanceof TransientTransferError) {
      bar.print('What has been downloaded stays; the same command goes on from there.');
    }
    throw isInterrupted ? new InterruptedError() : error;
  } finally {
    signals.release();
  }
}

/** `ONNX Runtime 1.30.0 for CUDA on linux/x64`. */
export function nameOf(build: RuntimeBuild): string {
  return `ONNX Runtime ${build.version} for CUDA on ${platformOf(build)}`;
}

function sourceOf({ from, indexUrl = DEFAULT_INDEX_URL }: InstallCommandOptions, { hub }: Config) {
  return from === undefined ? { index: { url: indexUrl, proxy: hub.proxy } } : { folder: from };
}

function observe(bar: ProgressBar, build: RuntimeBuild, { from }: InstallCommandOptions): InstallObserver {
  return {
    ...showTransfer(bar),
    planned: ({ directory, wheelBytes, unpackedBytes }) => {
      const taken = from === undefined ? `${formatBytes(wheelBytes)} to download, ` : '';
      const needed = from === undefined ? unpackedBytes + wheelBytes : unpackedBytes;
      bar.print(
        `${nameOf(build)}: ${build.wheels.length} wheels, ${taken}${formatBytes(unpackedBytes)} to keep in ${directory}; ` +
          `${formatBytes(needed)} must be free meanwhile`,
      );
    },
  };
}

function nextSteps(runtimeDirectory: string, config: Config, { requires }: RuntimeBuild): string[] {
  const isFound = runtimeDirectory === config.runtime.directory;
  return [
    ...(isFound ? [] : [`let it be found:  TESSERA_RUNTIME_DIR=${runtimeDirectory} for every process`]),
    `it needs:         ${requires}`,
    'try it:           TESSERA_DEVICE=cuda npx tessera doctor',
  ];
}
