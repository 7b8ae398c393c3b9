import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ListenAddressError, PortInUseError } from './errors.js';
import { findListenPort, localUrl } from './listen-address.js';

describe('findListenPort', () => {
  it('refuses a port in use, naming it and the setting to change', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const refusal = await findListenPort('127.0.0.1', port).catch((error: unknown) => error);
    other.close();
    expect(refusal).toBeInstanceOf(PortInUseError);
    expect((refusal as Error).message).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect((refusal as Error).message).toContain(`set PORT (PORT=${port + 1} npm start)`);
    expect(await findListenPort('127.0.0.1', port)).toBe(port);
  });

  it('picks a free port for 0', async () => {
    expect(await findListenPort('127.0.0.1', 0)).toBeGreaterThan(0);
  });

  it('refuses an address that this machine does not have', async () => {
    await expect(findListenPort('192.0.2.1', 0)).rejects.toThrow(ListenAddressError);
  });
});

describe('localUrl', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['localhost', 'http://localhost:80'],
  ])('reaches a server that listens on %s', (host, url) => {
    expect(localUrl(host, 80)).toBe(url);
  });
});
