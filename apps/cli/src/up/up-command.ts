import { childEnvironment, loadConfig } from '@tessera/config';
import { Command, InvalidArgumentError } from 'commander';
import { Terminal } from './terminal.js';

const MAX_WORKERS = 64;

interface Options {
  readonly port?: string;
  readonly dataDir?: string;
  readonly model?: string;
  readonly workers: number;
}

/** `tessera up`: the whole system on this machine. */
export function upCommand(): Command {
  return new Command('up')
    .description('Run the whole system on this machine: Redis, API, dispatcher and workers. Ctrl-C stops it.')
    .option('--port <port>', 'TCP port of the API, 0 for a free one (else PORT, else 8080)')
    .option(
      '--data-dir <folder>',
      'folder for everything Tessera keeps (else TESSERA_DATA_DIR, else .tessera)',
    )
    .option(
      '--model <folder>',
      'Hugging Face checkpoint or converted model (else TESSERA_MODEL, else the small model)',
    )
    .option('--workers <count>', 'worker processes', parseWorkerCount, 1)
    .addHelpText('after', '\nExample:\n  tessera up --port 8081 --data-dir /srv/tessera')
    .action(async ({ port, dataDir, model, workers }: Options) => {
      const config = loadConfig(
        childEnvironment({
          ...(port === undefined ? {} : { PORT: port }),
          ...(dataDir === undefined ? {} : { TESSERA_DATA_DIR: dataDir }),
          ...(model === undefined ? {} : { TESSERA_MODEL: model }),
        }),
      );
      // Loaded when it is needed: other commands and --help do without the queue and the converter.
      const { runUp } = await import('./up.js');
      await runUp({ config, workerCount: workers, terminal: new Terminal(process.stdout) });
    });
}

function parseWorkerCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MAX_WORKERS) return count;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${MAX_WORKERS}`);
}
