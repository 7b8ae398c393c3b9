import { type ApiKeyRecord } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { KeyMemory } from './key-memory.js';

const RECORD: ApiKeyRecord = {
  id: 'key_1',
  ownerId: 'key_1',
  name: 'one',
  prefix: 'tsk_12345678',
  hash: 'h',
  scopes: ['jobs'],
  limits: {},
  createdAtMs: 0,
  version: 1,
};

function memoryAt(startMs: number) {
  const clock = { ms: startMs, looks: 0 };
  const memory = new KeyMemory(() => clock.ms);
  const find = (found: ApiKeyRecord | undefined = RECORD) =>
    memory.find('h', () => {
      clock.looks += 1;
      return Promise.resolve(found);
    });
  return { clock, memory, find };
}

describe('KeyMemory', () => {
  it('looks again after two seconds, and when the clock was set back', async () => {
    const { clock, find } = memoryAt(10_000);
    await find();
    clock.ms = 11_999;
    expect(await find()).toBe(RECORD);
    expect(clock.looks).toBe(1);
    clock.ms = 12_000;
    await find();
    expect(clock.looks).toBe(2);
    clock.ms = 5_000;
    await find();
    expect(clock.looks).toBe(3);
  });

  it('looks again after news, also for what was being read when they came', async () => {
    const { clock, memory, find } = memoryAt(0);
    await find();
    memory.forgetAll();
    const stale = memory.find('h', () => {
      memory.forgetAll();
      return Promise.resolve(RECORD);
    });
    expect(await stale).toBe(RECORD);
    await find();
    expect(clock.looks).toBe(2);
  });

  it('remembers nothing of keys that do not exist', async () => {
    const { clock, memory } = memoryAt(0);
    const look = () => {
      clock.looks += 1;
      return Promise.resolve(undefined);
    };
    await memory.find('x', look);
    await memory.find('x', look);
    expect(clock.looks).toBe(2);
  });
});
