/** Long enough for a worker to drain; after it, a process whose stop hangs ends itself. */
const STOP_TIMEOUT_MS = 60_000;

/**
 * Calls `stop` once when the process that started this one is gone, however it ended: a parent that supervises
 * starts its children with an IPC channel, and the kernel closes that channel with the parent. A process that is
 * still there a minute later exits with code 1. Without such a channel (started by hand, or by another supervisor)
 * nothing happens.
 */
export function stopWithParent(stop: () => void): void {
  // `process.send` stays defined after the channel is gone, so it tells whether there ever was one.
  if (process.send === undefined) return;
  const begin = () => {
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    stop();
  };
  if (!process.connected) {
    begin();
    return;
  }
  process.once('disconnect', begin);
  // A listener keeps the channel, and thereby this process, alive; it shall end when its own work does.
  process.channel?.unref();
}
