import { loadConfig } from '@tessera/config';
import { describe, expect, it } from 'vitest';
import { serviceAddressOf } from './service-address.js';

describe('serviceAddressOf', () => {
  const config = loadConfig({ PORT: '8123', TESSERA_API_KEY: 'tsk_settings' });

  it('goes by the settings where no option says otherwise', () => {
    expect(serviceAddressOf({}, config)).toEqual({ url: 'http://127.0.0.1:8123', apiKey: 'tsk_settings' });
    expect(serviceAddressOf({ url: 'https://t.test', apiKey: 'tsk_option' }, config)).toEqual({
      url: 'https://t.test',
      apiKey: 'tsk_option',
    });
  });

  it("never sends the administrator's key unasked", () => {
    const admin = loadConfig({ TESSERA_ADMIN_KEY: 'the-administrators-own-key' });
    expect(serviceAddressOf({}, admin).apiKey).toBeUndefined();
  });
});
