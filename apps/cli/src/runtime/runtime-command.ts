import { Argument, Command, Option } from 'commander';

export interface InstallCommandOptions {
  output?: string;
  indexUrl?: string;
  from?: string;
  force?: true;
}

/** `tessera runtime`: builds of ONNX Runtime beside the one that npm installs. */
export function runtimeCommand(): Command {
  return new Command('runtime')
    .description('Install the build of ONNX Runtime that device cuda needs, or tell what is installed.')
    .addCommand(installCommand())
    .addCommand(statusCommand());
}

const INSTALL_HELP = `
cuda is the CUDA build of the ONNX Runtime that npm has installed, with the libraries of NVIDIA that it needs: a driver is
all that the machine must have. They come out of wheels (zip files) of a Python package index, each pinned by version, size
and SHA-256 and checked before it is unpacked; no Python is needed. About 1.2 GB are downloaded (1.3 GB on arm64) and 1.6 GB
stay (1.8 GB on arm64); both together must be free meanwhile.

The same command again does nothing where everything is installed, and continues after an interruption. --from installs
without a network, from a folder that holds the wheels: what it lacks, the error lists. HTTPS_PROXY and NO_PROXY are
honoured. NVIDIA's libraries come under NVIDIA's terms: see licences/ in the folder.

Examples:
  tessera runtime install cuda
  tessera runtime install cuda --index-url https://pypi.example.org/simple
  tessera runtime install cuda --from /media/wheels --output /opt/tessera/runtime
  TESSERA_DEVICE=cuda tessera doctor`;

function installCommand(): Command {
  return new Command('install')
    .description('Download, check and unpack a build of ONNX Runtime.')
    .addArgument(new Argument('<device>', 'device that the build is for').choices(['cuda']))
    .option(
      '-o, --output <dir>',
      'folder of runtimes (default: TESSERA_RUNTIME_DIR, or runtime of the data folder)',
    )
    .option('--index-url <url>', 'package index, as pip takes it (default: https://pypi.org/simple)')
    .addOption(new Option('--from <dir>', 'folder that holds the wheels already').conflicts('indexUrl'))
    .option('--force', 'install again what is installed')
    .addHelpText('after', INSTALL_HELP)
    .action(async (_device: string, options: InstallCommandOptions) => {
      const { runInstall } = await import('./run-install.js');
      await runInstall(options);
    });
}

const STATUS_HELP = `
Examples:
  tessera runtime status
  TESSERA_RUNTIME_DIR=/opt/tessera/runtime tessera runtime status`;

function statusCommand(): Command {
  return new Command('status')
    .description('Tell which builds of ONNX Runtime are installed, and where.')
    .addHelpText('after', STATUS_HELP)
    .action(async () => {
      const { runStatus } = await import('./run-status.js');
      await runStatus();
    });
}
