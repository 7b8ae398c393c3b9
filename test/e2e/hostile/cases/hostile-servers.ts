import { type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Expected, type HostileCase, job, QUESTION, type Surroundings } from '../hostile-case.js';
import { type RawResponder } from '../hostile-origin.js';
import { FETCH_TIMEOUT_MS, MAX_IMAGE_BYTES } from '../limits.js';
import { GOOD_ANSWER, GOOD_PICTURE, GOOD_QUESTION } from './good-pictures.js';
import { redirectTo } from './private-urls.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const says =
  (head: string, body: string | Uint8Array = ''): RawResponder =>
  (socket) => {
    socket.write(head, 'latin1');
    socket.end(body);
  };

/** Writes as fast as it is read, until the other end has enough. */
function pour(socket: Socket, head: string): void {
  const block = Buffer.alloc(64_000);
  socket.write(head);
  const more = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on('drain', more);
  more();
}

function trickle(socket: Socket, head: string, drop: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write(drop), 50);
  socket.once('close', () => clearInterval(timer));
}

const failed: Expected = { status: 400, code: 'image_fetch_failed' };
const tooSlow: Expected = {
  status: 400,
  code: 'image_fetch_timeout',
  message: new RegExp(`within ${FETCH_TIMEOUT_MS} ms`),
};
const tooLarge: Expected = {
  status: 400,
  code: 'image_too_large',
  message: new RegExp(`at most ${MAX_IMAGE_BYTES} are allowed`),
};
const gone: Expected = { status: 400, code: 'image_not_found' };
const unreadable: Expected = { status: 400, code: 'image_unreadable' };

const SERVERS: readonly (readonly [string, RawResponder, Expected])[] = [
  ['that never ends', (socket) => pour(socket, `${OK}\r\n`), tooLarge],
  [
    'that never ends, in chunks',
    (socket) => pour(socket, `${OK}Transfer-Encoding: chunked\r\n\r\nfffffff\r\n`),
    tooLarge,
  ],
  [
    'that announces 10 GB',
    says(`${OK}Content-Length: 10000000000\r\n\r\n`, 'x'),
    { ...tooLarge, message: /has 10000000000 bytes; at most/ },
  ],
  ['that trickles its body', (socket) => trickle(socket, `${OK}\r\n`, 'x'), tooSlow],
  ['that trickles its headers', (socket) => trickle(socket, OK, 'X-A: b\r\n'), tooSlow],
  [
    'that trickles its status line',
    (socket) => trickle(socket, 'HTTP/1.1 2', '0'),
    { status: 400, code: ['image_fetch_failed', 'image_fetch_timeout'] },
  ],
  ['that says nothing', () => undefined, tooSlow],
  ['that stops in the middle', (socket) => socket.write(`${OK}Content-Length: 1000\r\n\r\nabc`), tooSlow],
  [
    'that says early hints only',
    (socket) => trickle(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    tooSlow,
  ],
  ['that closes at once', (socket) => socket.end(), failed],
  ['that resets the connection', (socket) => socket.resetAndDestroy(), failed],
  [
    'that sends less than its content length',
    says(`${OK}Content-Length: ${GOOD_PICTURE.length + 10}\r\n\r\n`, GOOD_PICTURE),
    failed,
  ],
  [
    'that sends more than its content length',
    says(`${OK}Content-Length: 100\r\nConnection: close\r\n\r\n`, GOOD_PICTURE),
    { status: 400, code: ['image_unreadable', 'image_fetch_failed'] },
  ],
  ['with a negative content length', says(`${OK}Content-Length: -1\r\n\r\n`, GOOD_PICTURE), failed],
  [
    'with a content length that is no number',
    says(`${OK}Content-Length: many\r\n\r\n`, GOOD_PICTURE),
    failed,
  ],
  ['with two content lengths', says(`${OK}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`), failed],
  [
    'with a chunk size that is none',
    says(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`),
    failed,
  ],
  ['with a last chunk that is missing', says(`${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`), failed],
  ['with headers of 1 MB', says(`${OK}X-Long: ${'a'.repeat(1_000_000)}\r\n\r\n`), failed],
  ['with 10,000 headers', says(`${OK}${'X-A: b\r\n'.repeat(10_000)}\r\n`), failed],
  ['that does not speak HTTP', says('SSH-2.0-OpenSSH_9.2\r\n'), failed],
  ['that speaks HTTP/0.9', says('<html>hello</html>'), failed],
  ['that speaks of status 999', says('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'), failed],
  [
    'that compresses what it sends',
    says(`${OK}Content-Encoding: gzip\r\nConnection: close\r\n\r\n`, gzipSync(GOOD_PICTURE)),
    { ...failed, message: /Content-Encoding gzip; only identity is read/ },
  ],
  [
    'that sends a compressed bomb',
    says(`${OK}Content-Encoding: gzip\r\nConnection: close\r\n\r\n`, gzipSync(Buffer.alloc(50_000_000))),
    failed,
  ],
  [
    'that sends a page',
    says(`${OK}Content-Type: image/png\r\nConnection: close\r\n\r\n<!doctype html>`),
    unreadable,
  ],
  [
    'that sends nothing',
    says('HTTP/1.1 204 No Content\r\n\r\n'),
    { status: 400, code: ['image_unreadable', 'image_fetch_failed'] },
  ],
  [
    'that switches protocols',
    says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n'),
    failed,
  ],
  [
    'that redirects nowhere',
    says('HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    failed,
  ],
  [
    'that redirects to what is no URL',
    says(redirectTo('http://[')),
    { status: 400, code: 'image_url_invalid' },
  ],
  [
    'that redirects to a file',
    says(redirectTo('file:///etc/passwd')),
    { status: 400, code: 'image_url_invalid', message: /file/ },
  ],
  [
    'that redirects to gopher',
    says(redirectTo('gopher://127.0.0.1/')),
    { status: 400, code: 'image_url_invalid' },
  ],
  [
    'that redirects to a data URL',
    says(redirectTo('data:image/png;base64,AAAA')),
    { status: 400, code: 'image_url_invalid' },
  ],
  [
    'that redirects to itself with a password',
    says(redirectTo('http://a:b@127.0.0.2/')),
    { status: 400, code: 'image_url_invalid' },
  ],
  [
    'that redirects to itself for ever',
    (socket, path) => socket.end(redirectTo(path)),
    { ...failed, message: /more than 5 redirects/ },
  ],
  [
    'that redirects to ever longer addresses',
    (socket, path) => socket.end(redirectTo(`${path}?${'a'.repeat(path.length)}`)),
    { ...failed, message: /more than 5 redirects/ },
  ],
  ...[400, 401, 403, 404, 410, 418, 451].map((status): [string, RawResponder, Expected] => [
    `that answers ${status}`,
    says(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
    { ...gone, message: new RegExp(`status ${status}`) },
  ]),
  ...[429, 500, 502, 503].map((status): [string, RawResponder, Expected] => [
    `that answers ${status} and asks to come back in a year`,
    says(`HTTP/1.1 ${status} No\r\nRetry-After: 31536000\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
    { ...failed, message: new RegExp(`status ${status}`) },
  ]),
];

export const hostileServers: readonly HostileCase[] = [
  ...SERVERS.map(([name, responder, expected]) =>
    job(
      `a server ${name}`,
      ({ serve }: Surroundings) => ({ question: QUESTION, images: [serve(responder)] }),
      expected,
    ),
  ),
  job('a port where nobody listens', { question: QUESTION, images: ['http://127.0.0.2:1/'] }, failed),
  job(
    'a name that does not exist',
    { question: QUESTION, images: ['http://nobody.invalid/'] },
    {
      status: 400,
      code: ['image_fetch_failed', 'image_fetch_timeout'],
    },
  ),
  job(
    'a redirect that leads to the picture in the end',
    ({ serve }: Surroundings) => {
      const picture = serve(GOOD_PICTURE);
      const second = serve(says(redirectTo(picture, '308 Permanent Redirect')));
      return { question: GOOD_QUESTION, images: [serve(says(redirectTo(second, '303 See Other')))] };
    },
    { status: 200, text: GOOD_ANSWER },
  ),
  job(
    'one image of three that cannot be had',
    ({ serve }: Surroundings) => ({
      question: QUESTION,
      images: [
        serve(GOOD_PICTURE),
        serve(says('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n')),
        serve(GOOD_PICTURE),
      ],
    }),
    gone,
  ),
];
