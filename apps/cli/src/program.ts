import { Command } from 'commander';
import { askCommand } from './ask/ask-command.js';
import { batchCommand } from './batch/batch-command.js';
import { captionCommand } from './caption/caption-command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { keyCommand } from './key/key-command.js';
import { modelCommand } from './model/model-command.js';
import { runtimeCommand } from './runtime/runtime-command.js';
import { upCommand } from './up/up-command.js';
import { webhookCommand } from './webhook/webhook-command.js';

/** The `tessera` command with everything below it. Refused arguments are thrown as a CommanderError. */
export function createProgram(): Command {
  const program = new Command('tessera')
    .description(
      'Answers questions about images, at scale. Settings are environment variables: see docs/operations.md.',
    )
    .addCommand(upCommand())
    .addCommand(askCommand())
    .addCommand(captionCommand())
    .addCommand(batchCommand())
    .addCommand(keyCommand())
    .addCommand(modelCommand())
    .addCommand(runtimeCommand())
    .addCommand(webhookCommand())
    .addCommand(doctorCommand());
  throwInsteadOfExit(program);
  return program;
}

/** Commands added with `addCommand` do not inherit it. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError(`(see ${pathOf(command)} --help)`);
  for (const subcommand of command.commands) throwInsteadOfExit(subcommand);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
