import { describe, expect, it } from 'vitest';
import { checkUrl, type UrlRules } from './check-url.js';
import { UrlInvalidError, UrlNotAllowedError } from './errors.js';

const strict: UrlRules = { allowedPrivateNetworks: [] };
const home: UrlRules = { allowedPrivateNetworks: ['127.0.0.0/8', 'fd00::/8'] };

describe('checkUrl', () => {
  it.each([
    'http://example.com',
    'https://example.com:8443/a?b#c',
    'HTTPS://EXAMPLE.COM/',
    'https://xn--bcher-kva.example/',
    'https://bücher.example/',
    'https://8.8.8.8/',
    'https://134744072/',
    'https://[2606:4700:4700::1111]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::8.8.8.8]/',
    'https://localhost.example.com/',
    'https://notlocalhost/',
    'https://172.32.0.1/',
    'https://172.15.255.255/',
    'https://100.63.255.255/',
    'https://100.128.0.1/',
    'https://169.253.255.255/',
    'https://223.255.255.255/',
  ])('takes %s', (text) => {
    expect(checkUrl(text, strict).href).toBe(new URL(text).href);
  });

  it.each([
    ['nothing', ''],
    ['a path', '/a/b.png'],
    ['no host', 'http://'],
    ['no scheme', 'example.com/a.png'],
    ['a port beyond 65535', 'http://example.com:65536/'],
    ['a number past four bytes', 'http://4294967296/'],
    ['a file', 'file:///etc/passwd'],
    ['FTP', 'ftp://example.com/a.png'],
    ['gopher', 'gopher://example.com/'],
    ['inline data', 'data:image/png;base64,AAAA'],
    ['script', 'javascript:alert(1)'],
    ['a blob', 'blob:https://example.com/1'],
    ['a web socket', 'ws://example.com/'],
    ['a user', 'https://user@example.com/'],
    ['a password', 'https://user:secret@example.com/'],
    ['a password alone', 'https://:secret@example.com/'],
    ['a zone', 'http://[fe80::1%25eth0]/'],
  ])('takes %s for no URL', (_, text) => {
    expect(() => checkUrl(text, strict)).toThrow(UrlInvalidError);
  });

  it.each([
    ['loopback', 'http://127.0.0.1/'],
    ['loopback, another', 'http://127.255.255.254/'],
    ['loopback, short', 'http://127.1/'],
    ['loopback, decimal', 'http://2130706433/'],
    ['loopback, octal', 'http://0177.0.0.1/'],
    ['loopback, octal in one', 'http://017700000001/'],
    ['loopback, hex', 'http://0x7f.0.0.1/'],
    ['loopback, hex in one', 'http://0x7f000001/'],
    ['loopback, mixed', 'http://0x7f.1/'],
    ['loopback, percent-encoded', 'http://%31%32%37.0.0.1/'],
    ['loopback, full-width digits', 'http://１２７.０.０.１/'],
    ['loopback, circled digits', 'http://①②⑦.⓪.⓪.①/'],
    ['loopback, ideographic full stops', 'http://127。0。0。1/'],
    ['loopback, trailing dot', 'http://127.0.0.1./'],
    ['loopback after backslashes', 'http:\\\\127.0.0.1/'],
    ['loopback with a tab inside', 'http://127.0\t.0.1/'],
    ['this host', 'http://0.0.0.0/'],
    ['this host, short', 'http://0/'],
    ['this network', 'http://0.1.2.3/'],
    ['private 10/8', 'http://10.0.0.1/'],
    ['private 172.16/12, first', 'http://172.16.0.1/'],
    ['private 172.16/12, last', 'http://172.31.255.255/'],
    ['private 192.168/16', 'http://192.168.1.1/'],
    ['link-local, metadata', 'http://169.254.169.254/latest/meta-data/'],
    ['metadata, decimal', 'http://2852039166/'],
    ['carrier-grade NAT, metadata of Alibaba', 'http://100.100.100.200/'],
    ['metadata of Oracle', 'http://192.0.0.192/'],
    ['metadata of Azure', 'http://168.63.129.16/'],
    ['documentation', 'http://192.0.2.1/'],
    ['benchmarking', 'http://198.18.0.1/'],
    ['multicast', 'http://224.0.0.1/'],
    ['reserved', 'http://240.0.0.1/'],
    ['broadcast', 'http://255.255.255.255/'],
    ['IPv6 loopback', 'http://[::1]/'],
    ['IPv6 loopback, long', 'http://[0:0:0:0:0:0:0:1]/'],
    ['IPv6 unspecified', 'http://[::]/'],
    ['mapped loopback', 'http://[::ffff:127.0.0.1]/'],
    ['mapped loopback, hex', 'http://[::ffff:7f00:1]/'],
    ['mapped private', 'http://[::ffff:10.0.0.1]/'],
    ['mapped metadata', 'http://[::ffff:a9fe:a9fe]/'],
    ['IPv4-compatible loopback', 'http://[::127.0.0.1]/'],
    ['IPv4-compatible public', 'http://[::8.8.8.8]/'],
    ['IPv4-translated', 'http://[::ffff:0:127.0.0.1]/'],
    ['NAT64 loopback', 'http://[64:ff9b::127.0.0.1]/'],
    ['NAT64 metadata', 'http://[64:ff9b::a9fe:a9fe]/'],
    ['NAT64, local prefix', 'http://[64:ff9b:1::8.8.8.8]/'],
    ['6to4 of loopback', 'http://[2002:7f00:1::]/'],
    ['6to4 of a public address', 'http://[2002:808:808::]/'],
    ['Teredo', 'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/'],
    ['IPv6 link-local', 'http://[fe80::1]/'],
    ['IPv6 site-local', 'http://[fec0::1]/'],
    ['IPv6 unique local', 'http://[fd00::1]/'],
    ['IPv6 metadata of AWS', 'http://[fd00:ec2::254]/'],
    ['IPv6 multicast', 'http://[ff02::1]/'],
    ['IPv6 documentation', 'http://[2001:db8::1]/'],
    ['IPv6 discard', 'http://[100::1]/'],
    ['IPv6 nobody has', 'http://[4000::1]/'],
    ['localhost', 'http://localhost/'],
    ['localhost in capitals', 'http://LOCALHOST:8080/'],
    ['localhost, trailing dot', 'http://localhost./'],
    ['below localhost', 'http://a.b.localhost/'],
  ])('refuses the address %s', (_, text) => {
    expect(() => checkUrl(text, strict)).toThrow(UrlNotAllowedError);
    expect(() => checkUrl(text.replace('http:', 'https:'), { ...strict, httpsOnly: true })).toThrow(
      UrlNotAllowedError,
    );
  });

  it.each([
    'http://127.0.0.1:9000/',
    'http://2130706433/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd12::1]/',
    'http://localhost/',
    'http://a.localhost/',
  ])('takes %s where its network is allowed', (text) => {
    expect(checkUrl(text, home)).toBeInstanceOf(URL);
  });

  it.each(['http://10.0.0.1/', 'http://[fe80::1]/', 'http://[::1]/'])(
    'refuses %s where another network is allowed',
    (text) => {
      expect(() => checkUrl(text, home)).toThrow(UrlNotAllowedError);
    },
  );

  it('gives code, host and reason, and no query in the message', () => {
    expect(() => checkUrl('http://10.0.0.1/?token=secret', strict)).toThrow(
      expect.objectContaining({
        code: 'url_not_allowed',
        retryable: false,
        host: '10.0.0.1',
        message: '10.0.0.1 may not be reached: its address is not public (private)',
      }) as Error,
    );
    expect(() => checkUrl('ftp://example.com/', strict)).toThrow(
      expect.objectContaining({ code: 'image_url_invalid', retryable: false }) as Error,
    );
  });

  describe('with httpsOnly', () => {
    it('takes https', () => {
      expect(checkUrl('https://example.com/', { ...strict, httpsOnly: true })).toBeInstanceOf(URL);
    });

    it('takes http into an allowed network, and leaves names to the connection', () => {
      for (const text of ['http://127.0.0.1/', 'http://localhost/', 'http://receiver.example/']) {
        expect(checkUrl(text, { ...home, httpsOnly: true })).toBeInstanceOf(URL);
      }
    });

    it('refuses http to a public address', () => {
      expect(() => checkUrl('http://8.8.8.8/', { ...home, httpsOnly: true })).toThrow(UrlNotAllowedError);
    });

    it('refuses http altogether where no network is allowed', () => {
      const rules = { ...strict, httpsOnly: true };
      for (const text of ['http://example.com/', 'http://8.8.8.8/', 'http://127.0.0.1/']) {
        expect(() => checkUrl(text, rules)).toThrow('its scheme must be https');
      }
    });
  });
});
