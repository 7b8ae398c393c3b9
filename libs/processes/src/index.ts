export { acquireLockFile, LockHeldError, type LockFile } from './lock-file.js';
export {
  describeProcess,
  isRunning,
  parseProcessReference,
  type ProcessReference,
} from './process-reference.js';
export { terminateProcess, waitUntilGone } from './terminate-process.js';
