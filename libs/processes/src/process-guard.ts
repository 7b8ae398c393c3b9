import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { type Writable } from 'node:stream';

/**
 * Reads until every holder of the other end is gone, then ends process $1: SIGTERM, and SIGKILL after $2 seconds.
 * The process is looked for by signal 0 once a second meanwhile.
 */
const GUARD_SCRIPT = `
while read -r _; do :; done
kill -TERM "$1" 2>/dev/null || exit 0
left="$2"
while [ "$left" -gt 0 ]; do
  sleep 1
  kill -0 "$1" 2>/dev/null || exit 0
  left=$((left - 1))
done
kill -KILL "$1" 2>/dev/null
`;

/** Ends a program that knows nothing of its parent, once nobody needs it any more. */
export interface ProcessGuard {
  /**
   * This process holds it open. Put into the `stdio` of another child it is held by that child too, and the guarded
   * process then outlives us until that child has ended as well.
   */
  readonly holder: Writable;
  /** To be called once the guarded process has ended: the guard goes away and does nothing. */
  release(): void;
}

/**
 * Makes sure that process `pid` ends when this process is gone, even by `kill -9`: a shell waits on a pipe that the
 * kernel closes with its last holder.
 */
export function guardProcess(pid: number, { graceSeconds }: { graceSeconds: number }): ProcessGuard {
  const guard = spawn('sh', ['-c', GUARD_SCRIPT, 'tessera-guard', String(pid), String(graceSeconds)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to the whole foreground group of a terminal; the guard must outlive it.
    detached: true,
  });
  const holder = guard.stdin;
  // Writing never happens; the stream fails only when the guard is gone, and then there is nothing left to hold.
  holder.on('error', () => undefined);
  // The guard's purpose is to outlive us, so neither it nor its pipe keeps us alive.
  guard.unref();
  if (holder instanceof Socket) holder.unref();
  return {
    holder,
    release: () => {
      guard.kill('SIGKILL');
      holder.destroy();
    },
  };
}
