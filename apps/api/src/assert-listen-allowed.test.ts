import { loadConfig } from '@tessera/config';
import { describe, expect, it } from 'vitest';
import { assertListenAllowed } from './assert-listen-allowed.js';

describe('assertListenAllowed', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('lets the API listen on %s', (HOST) => {
    expect(() => assertListenAllowed(loadConfig({ HOST }).http)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'example.test', '127.0.0.1.example.test'])(
    'refuses %s',
    (HOST) => {
      expect(() => assertListenAllowed(loadConfig({ HOST }).http)).toThrow(/TESSERA_INSECURE_LISTEN/);
    },
  );

  it('gives way to TESSERA_INSECURE_LISTEN', () => {
    const { http } = loadConfig({ HOST: '0.0.0.0', TESSERA_INSECURE_LISTEN: '1' });
    expect(() => assertListenAllowed(http)).not.toThrow();
  });
});
