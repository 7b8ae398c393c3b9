import { loadConfig } from '@tessera/config';
import { describe, expect, it } from 'vitest';
import { chooseBaseUrl } from './base-url.js';
import { readIdempotencyKey } from './idempotency-key.js';
import { endEventId, readLastEventId } from './last-event-id.js';
import { parsePreferHeader } from './prefer-header.js';
import { chooseRequestId } from './request-id.js';

describe('parsePreferHeader', () => {
  it.each([
    [undefined, {}],
    ['wait=30', { waitSeconds: 30, applied: 'wait=30' }],
    ['wait=0', { waitSeconds: 0, applied: 'wait=0' }],
    ['WAIT = 5 ; foo', { waitSeconds: 5, applied: 'wait=5' }],
    ['wait=3600', { waitSeconds: 60, applied: 'wait=60' }],
    ['respond-async', { applied: 'respond-async' }],
    ['respond-async, wait=10', { waitSeconds: 10, applied: 'wait=10' }],
    ['wait=abc', {}],
    ['wait=-1', {}],
    ['wait=1e9', {}],
    ['waiting=5, return=minimal', {}],
  ])('reads %j', (header, expected) => {
    expect(parsePreferHeader(header, 60)).toEqual(expected);
  });

  it('reads several header lines as one', () => {
    expect(parsePreferHeader(['return=minimal', 'wait=2'], 60)).toMatchObject({ waitSeconds: 2 });
  });
});

describe('readIdempotencyKey', () => {
  it('takes 1 to 255 visible ASCII characters', () => {
    expect(readIdempotencyKey(undefined)).toBeUndefined();
    expect(readIdempotencyKey('k'.repeat(255))).toBe('k'.repeat(255));
  });

  it.each(['', 'k'.repeat(256), 'a b', 'ä', 'a\tb'])('refuses %j', (key) => {
    expect(() => readIdempotencyKey(key)).toThrow(/1 to 255 visible ASCII/);
  });
});

describe('readLastEventId', () => {
  it('takes the id of a Redis stream entry and takes an empty header as none', () => {
    expect(readLastEventId('1700000000000-12')).toEqual({ afterId: '1700000000000-12', ended: false });
    expect(readLastEventId('')).toEqual({ ended: false });
  });

  it('knows the id of the last event of a stream again', () => {
    expect(readLastEventId(endEventId('17-2'))).toEqual({ afterId: '17-2', ended: true });
  });

  it.each(['$', '0', '+', 'abc', '1-2-3', '-end', '1-2-end-end', '1 -1'])('refuses %j', (id) => {
    expect(() => readLastEventId(id)).toThrow(/Last-Event-ID/);
  });
});

describe('chooseRequestId', () => {
  it('keeps a plain id and replaces any other', () => {
    expect(chooseRequestId('trace-1:a.b_c')).toBe('trace-1:a.b_c');
    for (const odd of [undefined, '', 'a b', 'a\r\nb', 'x'.repeat(129), ['a', 'b']]) {
      expect(chooseRequestId(odd)).toMatch(/^req_[0-9a-f]{32}$/);
    }
  });
});

describe('chooseBaseUrl', () => {
  const { http } = loadConfig({});

  it('prefers the public URL, then the Host header, then the address it listens on', () => {
    const { http: published } = loadConfig({ TESSERA_PUBLIC_URL: 'https://api.example.test/tessera/' });
    expect(chooseBaseUrl(published, 'http', 'other')).toBe('https://api.example.test/tessera');
    expect(chooseBaseUrl(http, 'http', 'localhost:9')).toBe('http://localhost:9');
    expect(chooseBaseUrl(http, 'http', '[::1]:9')).toBe('http://[::1]:9');
    expect(chooseBaseUrl(http, 'http', undefined)).toBe('http://127.0.0.1:8080');
  });

  it.each(['evil/path', 'a@b', 'a b', '', 'a"onload=', 'host:port'])(
    'does not repeat the odd Host %j',
    (host) => {
      expect(chooseBaseUrl(http, 'http', host)).toBe('http://127.0.0.1:8080');
    },
  );
});
