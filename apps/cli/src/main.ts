import { ConfigurationError, loadConfig } from '@tessera/config';
import { exitStatusOf } from './exit-status.js';
import { createProgram } from './program.js';

/** Settings that cannot be read are reported by the command that needs them. */
function isDebugging(): boolean {
  try {
    return ['debug', 'trace'].includes(loadConfig().log.level);
  } catch (error) {
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`tessera caption ... | head`) closes the pipe; that is no failure.
  if (error.code === 'EPIPE') process.exit(0);
  // The terminal was closed. SIGHUP says so too, and a command may still have something to put in order.
  if (error.code !== 'EIO') throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  const { exitCode, message } = exitStatusOf(error, { debug: isDebugging() });
  if (message !== undefined) process.stderr.write(`${message}\n`);
  // Not left to the event loop: whatever a failed command still holds open must not keep the process.
  process.exit(exitCode);
}
