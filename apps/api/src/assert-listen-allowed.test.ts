import { loadConfig } from '@tessera/config';
import { describe, expect, it } from 'vitest';
import { assertListenAllowed } from './assert-listen-allowed.js';

describe('assertListenAllowed', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('lets the API listen on %s', (HOST) => {
    expect(() => assertListenAllowed(loadConfig({ HOST }))).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'example.test', '127.0.0.1.example.test'])(
    'refuses %s while nobody is asked for a key',
    (HOST) => {
      expect(() => assertListenAllowed(loadConfig({ HOST }))).toThrow(/TESSERA_ADMIN_KEY/);
    },
  );

  it('lets the API listen anywhere once there is an administrator key', () => {
    const config = loadConfig({ HOST: '0.0.0.0', TESSERA_ADMIN_KEY: '0123456789abcdef' });
    expect(() => assertListenAllowed(config)).not.toThrow();
  });
});
