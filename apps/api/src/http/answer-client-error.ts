import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { type Config } from '@tessera/config';
import { type TesseraError } from '@tessera/contracts';
import { HeadersTooLargeError, InvalidRequestError, RequestTimeoutError } from '../errors/request.errors.js';
import { toErrorAnswer } from '../errors/to-error-answer.js';
import { cutOffLater } from './cut-off-later.js';
import { chooseRequestId } from './request-id.js';

/** Bytes that the request line and the headers may have together. */
export const MAX_HEADER_BYTES = 16_384;

/** Answers what Node's HTTP parser could not make a request of. There is no reply object, so the bytes are ours. */
export function answerClientErrors({ headersTimeoutMs, requestTimeoutMs }: Config['http']) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET') socket.destroy();
    const timeout = new RequestTimeoutError(headersTimeoutMs, requestTimeoutMs);
    answerOnSocket(socket, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? timeout : classify(error));
  };
}

/** Answers a connection whose request has not come in full, past any reply object, and closes it. */
export function answerOnSocket(socket: Socket, error: TesseraError): void {
  // Answered already: what still comes is read as one more error.
  if (!socket.writable) return;
  socket.end(toResponseText(error));
  cutOffLater(socket);
}

/** Two kinds of requests that Node's server would not hand on, and answers without a word or without a body. */
export function answerOddRequests(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    socket.end(toResponseText(new InvalidRequestError('no tunnel is opened here: CONNECT is not answered')));
  });
  // Whoever expects something that we do not know gets an answer like everybody else.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

function classify(error: NodeJS.ErrnoException): TesseraError {
  return error.code === 'HPE_HEADER_OVERFLOW'
    ? new HeadersTooLargeError(MAX_HEADER_BYTES)
    : new InvalidRequestError('the bytes are not an HTTP request', { cause: error });
}

function toResponseText(error: TesseraError): string {
  const answer = toErrorAnswer(error);
  const body = JSON.stringify(answer.body);
  const headers = {
    ...answer.headers,
    'x-request-id': chooseRequestId(undefined),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
