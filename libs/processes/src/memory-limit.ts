import { totalmem } from 'node:os';

/** Memory that this process may use: the machine's, or less where a container limits it. */
export function memoryLimitBytes(): number {
  // 0 where nothing limits it, and on old kernels a number beyond any machine's memory.
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
