import { Command } from 'commander';

/** `tessera up`: the whole system on this machine. */
export function upCommand(): Command {
  return new Command('up').description('Run the whole system on this machine.');
}
