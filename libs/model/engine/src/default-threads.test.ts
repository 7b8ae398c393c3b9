import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultThreadCount } from './default-threads.js';

describe('defaultThreadCount', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tessera-cpus-'));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('counts the threads of one core once', () => {
    for (const cpu of ['cpu0', 'cpu1']) {
      mkdirSync(path.join(directory, cpu, 'topology'), { recursive: true });
      writeFileSync(path.join(directory, cpu, 'topology', 'thread_siblings_list'), '0-1\n');
    }
    expect(defaultThreadCount(directory)).toBe(1);
  });

  it('takes what the process may use where the system lists no cores', () => {
    expect(defaultThreadCount(path.join(directory, 'absent'))).toBe(availableParallelism());
  });
});
