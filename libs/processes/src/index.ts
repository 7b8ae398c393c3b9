export { acquireLockFile, LockHeldError, type LockFile } from './lock-file.js';
export { memoryLimitBytes } from './memory-limit.js';
export { guardProcess, type ProcessGuard } from './process-guard.js';
export {
  describeProcess,
  isRunning,
  parseProcessReference,
  type ProcessReference,
} from './process-reference.js';
export { terminateProcess, waitUntilGone } from './terminate-process.js';
export { stopWithParent } from './stop-with-parent.js';
