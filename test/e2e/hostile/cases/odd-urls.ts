import { type HostileCase, job, QUESTION } from '../hostile-case.js';

const LONG = 'a'.repeat(9_000);

/** Nothing that could ever be fetched. */
const NO_URLS: readonly string[] = [
  'file:///etc/passwd',
  'FILE:///etc/passwd',
  'file://127.0.0.1/etc/passwd',
  '/etc/passwd',
  '../../etc/passwd',
  'C:\\Windows\\win.ini',
  '\\\\server\\share\\a.png',
  '//example.com/a.png',
  'gopher://example.com:70/1',
  'ftp://example.com/a.png',
  'dict://example.com:2628/d:a',
  'ldap://example.com/',
  'tftp://example.com/a',
  'sftp://example.com/a',
  'jar:http://example.com!/a.png',
  'php://filter/resource=a',
  'expect://id',
  'blob:https://example.com/1',
  'javascript:alert(1)',
  'about:blank',
  'chrome://settings',
  'view-source:http://example.com/',
  'ws://example.com/',
  'http:',
  'http://',
  'http://:80/',
  'https://example.com:65536/',
  'https://example.com:port/',
  'http://4294967296/',
  'http://1.2.3.256/',
  'http://[::1/',
  'http://[::g]/',
  'http://[fe80::1%25eth0]/',
  'http://exa mple.com/',
  'http://user:password@example.com/',
  'http://user@example.com/',
  'http://example.com@127.0.0.1/',
  'http://127.0.0.1\u0000.example.com/',
  `https://example.com/${LONG}`,
  `https://${LONG}/`,
  'cat.png',
  ' ',
  '\u202Ehttp://example.com/',
  '🐈',
];

/** `data:` URLs that are no base64 text of an image. */
const NO_DATA: readonly string[] = [
  'data:',
  'data:,',
  'data:,hello',
  'data:image/png',
  'data:image/png,abc',
  'data:image/png;base64',
  'data:image/png;base64 ,AAAA',
  'data:image/png;base64,A',
  'data:image/png;base64,AAAA AAAA',
  'data:image/png;base64,AA\nAA',
  'data:image/png;base64,%41%41%41%41',
  'data:image/png;base64,===',
  'data:image/png;base64,AAAA====',
  'data:image/png;base64,ÄÖÜß',
  'data:image/png;base64,AAAAＡ',
  'data:text/html;base64,PHNjcmlwdD4=',
  'data:application/pdf;base64,JVBERi0=',
  'data:image/;base64,AAAA',
  'data:IMAGE;base64,AAAA',
  `data:image/png;${'a=b;'.repeat(100)}base64,AAAA`,
];

const asImage = (url: string) => ({ question: QUESTION, images: [url] });
const shown = (url: string): string => (url.length > 60 ? `${url.slice(0, 60)}...` : url);

export const oddUrls: readonly HostileCase[] = [
  ...[...NO_URLS, ...NO_DATA].map((url) =>
    job(`the image URL ${JSON.stringify(shown(url))}`, asImage(url), {
      status: 400,
      code: 'image_url_invalid',
      param: 'images.0',
    }),
  ),
  ...[
    'data:image/png;base64,',
    'data:;base64,AAAA',
    'data:image/svg+xml;base64,PHN2Zy8+',
    'DATA:IMAGE/PNG;BASE64,AAAA',
  ].map((url) =>
    job(`the image URL ${url}`, asImage(url), { status: 400, code: 'image_unreadable', param: 'images.0' }),
  ),
  job('a bucket that nobody allowed', asImage('s3://bucket/key.png'), {
    status: 400,
    code: 'url_not_allowed',
    param: 'images.0',
  }),
  job('an empty image URL', asImage(''), { status: 400, code: 'invalid_value', param: 'images.0' }),
  job('an upload that a JSON body cannot have', asImage('upload:0'), {
    status: 400,
    code: 'invalid_value',
    param: 'images.0',
  }),
  job('an upload with a negative number', asImage('upload:-1'), {
    status: 400,
    code: 'image_url_invalid',
    param: 'images.0',
  }),
  ...[
    'http://8.8.8.8/hook',
    'ftp://example.com/',
    'hook',
    '',
    'https://user:password@example.com/',
    'javascript:alert(1)',
    'file:///dev/null',
  ].map((webhook) =>
    job(
      `the webhook ${JSON.stringify(webhook)}`,
      { question: QUESTION, webhook },
      { status: 400, code: ['invalid_value', 'url_not_allowed'], param: 'webhook' },
    ),
  ),
];
