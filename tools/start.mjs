// `npm start`: installs what is missing, builds, then is `tessera up`. Arguments after `npm start --` are passed on.
import process from 'node:process';
import { prepareCheckout } from './prepare-checkout.mjs';

const PARENT_CHECK_MS = 500;

await prepareCheckout(['apps/api', 'apps/dispatcher', 'apps/worker', 'apps/cli']);
stopWithNpm();
process.argv.splice(2, 0, 'up');
await import('../apps/cli/dist/main.js');

/**
 * npm runs scripts through a shell that may not pass on a SIGTERM to npm; so that nothing is left running then, this
 * process stops when the one that started it is gone.
 */
function stopWithNpm() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}
