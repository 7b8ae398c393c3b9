import { expect, it } from 'vitest';
import { formatServerConfig } from './server-config.js';

it('quotes a folder with spaces, quotes and backslashes as the server reads them', () => {
  const config = formatServerConfig({ port: 7000, password: 'secret', directory: String.raw`/a b/"c"\d` });
  expect(config).toContain(String.raw`dir "/a b/\"c\"\\d"` + '\n');
});

it('keeps every write and evicts nothing', () => {
  const config = formatServerConfig({ port: 7000, password: 'secret', directory: '/data' });
  for (const line of [
    'appendonly yes',
    'appendfsync always',
    'maxmemory-policy noeviction',
    'bind 127.0.0.1',
  ]) {
    expect(config.split('\n')).toContain(line);
  }
});
