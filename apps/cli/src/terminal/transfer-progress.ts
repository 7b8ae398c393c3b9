import { type TransferObserver } from '@tessera/download';
import { formatDuration } from './format.js';
import { type ProgressBar } from './progress-bar.js';

/** Shows a transfer of files, and every retry, on a progress bar. */
export function showTransfer(bar: ProgressBar): TransferObserver {
  return {
    progressed: ({ phase, bytesDone, bytesTotal, bytesWorked, filesDone, fileCount }) =>
      bar.update({
        label: phase,
        done: bytesDone,
        total: bytesTotal,
        worked: bytesWorked,
        note: `${filesDone}/${fileCount} files`,
      }),
    retrying: ({ reason, delayMs }) =>
      bar.print(`${reason}; trying again in ${formatDuration(Math.ceil(delayMs / 1000))}`),
  };
}
