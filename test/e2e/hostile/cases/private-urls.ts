import { hostname } from 'node:os';
import { type Expected, type HostileCase, job, QUESTION, type Surroundings } from '../hostile-case.js';

/** Ways to spell a host of this machine, or one that only machines inside a network should reach. */
const PRIVATE_HOSTS: readonly string[] = [
  '127.0.0.1',
  '127.0.0.3',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7F.0.0.1',
  '0x7f.1',
  '017700000001',
  '0177.0.0.1',
  '0177.0.0.01',
  '127.0.0.0x1',
  '%31%32%37.0.0.1',
  '127%2e0%2e0%2e1',
  '１２７.0.0.1',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127.0.0.1.',
  '127.255.255.254',
  '0.0.0.0',
  '0',
  '0.1.2.3',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::0001]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:7f00:0001]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::127.0.0.1]',
  '[2002:7f00:1::]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'ｌｏｃａｌｈｏｓｔ',
  'loc%61lhost',
  'foo.localhost',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '025177524776',
  '169.254.43518',
  '169.16689662',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::a9fe:a9fe]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[fc00::1]',
  '[ff02::1]',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
];

/** Names that lead home by way of a resolver; on a machine that does not know one it cannot be reached at all. */
const PRIVATE_NAMES: readonly string[] = [
  'ip6-localhost',
  'ip6-loopback',
  'localhost.localdomain',
  hostname(),
];

const refused: Expected = { status: 400, code: 'url_not_allowed', message: /may not be reached: / };
const unresolved: Expected = {
  status: 400,
  code: ['url_not_allowed', 'image_fetch_failed', 'image_fetch_timeout'],
};

/** Whether a header can hold it. */
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;
const asImage = (url: string) => ({ question: QUESTION, images: [url] });

export const privateUrls: readonly HostileCase[] = [
  ...PRIVATE_HOSTS.map((host) =>
    job(
      `an image at ${host}`,
      ({ forbiddenPort }: Surroundings) => asImage(`http://${host}:${forbiddenPort}/`),
      { ...refused, param: 'images.0' },
    ),
  ),
  ...PRIVATE_NAMES.map((name) =>
    job(
      `an image at the name ${name === hostname() ? 'of this machine' : name}`,
      ({ forbiddenPort }: Surroundings) => asImage(`http://${name}:${forbiddenPort}/`),
      unresolved,
    ),
  ),
  ...PRIVATE_HOSTS.filter((_, index) => index % 4 === 0).map((host) =>
    job(
      `a webhook at ${host}`,
      ({ forbiddenPort }: Surroundings) => ({
        question: QUESTION,
        webhook: `https://${host}:${forbiddenPort}/`,
      }),
      { ...refused, param: 'webhook' },
    ),
  ),
  ...PRIVATE_HOSTS.filter((host, index) => index % 3 === 0 && isAscii(host)).map((host) =>
    job(
      `a redirect to ${host}`,
      ({ serve, forbiddenPort }: Surroundings) =>
        asImage(serve((socket) => socket.end(redirectTo(`http://${host}:${forbiddenPort}/`)))),
      { ...refused, param: null },
    ),
  ),
  job(
    'an image on a private address inside messages',
    ({ forbiddenPort }: Surroundings) => ({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: QUESTION },
            { type: 'image_url', image_url: { url: `http://127.0.0.1:${forbiddenPort}/` } },
          ],
        },
      ],
    }),
    { ...refused, param: 'messages.0.content.1.image_url.url' },
  ),
];

export function redirectTo(location: string, status = '302 Found'): string {
  return `HTTP/1.1 ${status}\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}
