import { type IncomingMessage, type ServerResponse } from 'node:http';

/** How an answer goes wrong. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  /** Sends so many bytes of the body, and closes the connection once `until` is settled. */
  | {
      readonly kind: 'drop';
      readonly afterBytes: number;
      readonly until?: Promise<void>;
      readonly ignoresRange?: true;
    }
  /** Resets the connection instead of an answer. */
  | { readonly kind: 'reset' }
  /** One byte differs. */
  | { readonly kind: 'corrupt' }
  /** Something else in its place. */
  | { readonly kind: 'replace'; readonly content: Buffer }
  | { readonly kind: 'ignore-range' }
  /** Sends so many bytes and then nothing, until the client goes. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  | { readonly kind: 'etag'; readonly etag: string };

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers with a file, as a server with ranges and entity tags does, unless `fault` says otherwise. */
export function serveFile(exchange: Exchange, content: Buffer, etag: string, fault: Fault | undefined): void {
  if (fault?.kind === 'status' || fault?.kind === 'reset') refuse(exchange, fault);
  else if (fault?.kind === 'replace') exchange.response.end(fault.content);
  else serveRange(exchange, content, fault?.kind === 'etag' ? fault.etag : etag, fault);
}

function serveRange(exchange: Exchange, content: Buffer, etag: string, fault: Fault | undefined): void {
  const from = ignoresRange(fault) ? 0 : rangeStart(exchange.request, etag);
  if (from >= content.length && from > 0) return void exchange.response.writeHead(416).end();
  const body = Buffer.from(content.subarray(from));
  if (fault?.kind === 'corrupt') body.writeUInt8(body.readUInt8(0) ^ 1, 0);
  sendHead(exchange, etag, from, content.length);
  sendBody(exchange, body, fault);
}

function ignoresRange(fault: Fault | undefined): boolean {
  return fault?.kind === 'ignore-range' || (fault?.kind === 'drop' && fault.ignoresRange === true);
}

function sendHead({ response }: Exchange, etag: string, from: number, total: number): void {
  response.writeHead(from > 0 ? 206 : 200, {
    etag,
    'accept-ranges': 'bytes',
    'content-length': total - from,
    ...(from > 0 && { 'content-range': `bytes ${from}-${total - 1}/${total}` }),
  });
}

/** Answers with a status, or with the end of the connection. */
export function refuse(
  { request, response }: Exchange,
  fault: Extract<Fault, { kind: 'status' | 'reset' }>,
): void {
  if (fault.kind === 'reset') request.socket.resetAndDestroy();
  else response.writeHead(fault.status, fault.headers).end();
}

function sendBody({ request, response }: Exchange, body: Buffer, fault: Fault | undefined): void {
  if (fault?.kind === 'drop') {
    response.write(body.subarray(0, fault.afterBytes));
    void (fault.until ?? Promise.resolve()).then(() => request.socket.end());
  } else if (fault?.kind === 'stall') {
    response.write(body.subarray(0, fault.afterBytes));
  } else {
    response.end(body);
  }
}

/** Where the body begins: a range counts only while `If-Range` names what is served. */
function rangeStart({ headers }: IncomingMessage, etag: string): number {
  const condition = headers['if-range'];
  const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
  return start === undefined || (condition !== undefined && condition !== etag) ? 0 : Number(start);
}
