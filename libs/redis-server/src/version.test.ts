import { describe, expect, it } from 'vitest';
import { isSupportedVersion, parseServerVersion } from './version.js';

describe('parseServerVersion', () => {
  it.each([
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1', 'redis', '7.0.15'],
    ['Valkey server v=8.1.1 sha=00000000:0 malloc=libc bits=64 build=2', 'valkey', '8.1.1'],
    ['*** warning about memory\nRedis server v=6.2.14 sha=0', 'redis', '6.2.14'],
  ])('reads %j', (output, product, version) => {
    expect(parseServerVersion(output)).toEqual({ product, version });
  });

  it.each(['', 'redis-cli 7.0.15', 'Redis server', 'some server v=7.0.0'])(
    'takes %j for no server',
    (output) => {
      expect(parseServerVersion(output)).toBeUndefined();
    },
  );
});

describe('isSupportedVersion', () => {
  it.each(['6.2.0', '6.2.14', '7.0.0', '10.0.0'])('accepts %s', (version) => {
    expect(isSupportedVersion(version)).toBe(true);
  });

  it.each(['6.1.99', '6.0.16', '5.9.9'])('refuses %s', (version) => {
    expect(isSupportedVersion(version)).toBe(false);
  });
});
