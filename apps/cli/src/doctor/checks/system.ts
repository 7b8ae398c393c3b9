import { availableParallelism, totalmem } from 'node:os';
import { memoryLimitBytes } from '@tessera/processes';
import { formatBytes } from '../../terminal/format.js';
import { type Check } from '../check.js';

const MINIMUM_NODE = [20, 19] as const;

/** Node, platform, cores and memory. */
export const systemCheck: Check = {
  name: 'system',
  run: async () => {
    const version = process.versions.node;
    const [cores, memoryBytes] = [availableParallelism(), memoryLimitBytes()];
    const platform = `${process.platform}/${process.arch}`;
    const facts = {
      node: version,
      platform,
      cores,
      memory_bytes: memoryBytes,
      machine_memory_bytes: totalmem(),
    };
    const summary = `Node ${version} on ${platform}, ${cores} cores, ${formatBytes(memoryBytes)} of memory`;
    if (isSupported(version)) return { status: 'ok', summary, facts };
    return { status: 'broken', summary, facts, remedy: `install Node ${MINIMUM_NODE.join('.')} or newer` };
  },
};

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
}
