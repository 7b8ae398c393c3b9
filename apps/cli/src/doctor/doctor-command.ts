import { Command } from 'commander';

const HELP = `
Looks at Node and the machine, ONNX Runtime and every device (tried in processes of their own, so that a crashing driver
does no harm), Redis, the data folder, the object store, the model and the ports, with the settings of the environment.

  ok       works
  absent   this machine does not offer it, and the settings do not ask for it
  warning  works, and something about it should be known
  broken   the settings need it and it does not work: the exit code is 1

Examples:
  tessera doctor
  TESSERA_DEVICE=webgpu tessera doctor
  tessera doctor --json | jq '.checks[] | select(.status == "broken")'`;

/** `tessera doctor`: what this machine offers, and why something is missing. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Tell what this machine offers for running models, what is missing and what to do about it.')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', HELP)
    .action(async ({ json = false }: { json?: boolean }) => {
      const { runDoctor } = await import('./run-doctor.js');
      await runDoctor({ json });
    });
}
