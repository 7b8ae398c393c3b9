import { type ErrorCode, type Job } from '@tessera/contracts';
import { type ApiClient } from '../../integration/api/api-client.js';
import { type RawAnswer } from '../../integration/api/raw-connection.js';
import { type RawResponder } from './hostile-origin.js';

/** Where a case finds the service and the servers around it. */
export interface Surroundings {
  readonly url: string;
  readonly client: ApiClient;
  /** Where `serve` serves: image and webhook URLs may lead there. */
  readonly origin: string;
  /** The URL, of that server, at which this answer waits. */
  readonly serve: (answer: Uint8Array | RawResponder) => string;
  /** Port of the server that no request may ever reach, on every loopback address but that of `origin`. */
  readonly forbiddenPort: number;
}

/** What came back, whichever way it was asked. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** What has to come back. */
export interface Expected {
  readonly status: number;
  /** Of the error envelope, or of the job that failed. Several where the machine decides: whether a name resolves. */
  readonly code?: ErrorCode | readonly ErrorCode[];
  readonly param?: string | null;
  readonly message?: RegExp;
  /** What the answer to a job says. */
  readonly text?: string;
  /** Beyond status and code. */
  readonly check?: (reply: Reply) => void | Promise<void>;
}

/** One row of the table. */
export interface HostileCase {
  readonly name: string;
  readonly send: (around: Surroundings) => Promise<Reply>;
  readonly expected: Expected;
}

export const WAIT = { prefer: 'wait=60' };
export const QUESTION = 'What is in the picture?';

/** Posts a job as JSON and waits for its end. @param body texts and bytes are sent as they are, a function makes one */
export function job(
  name: string,
  body: unknown,
  expected: Expected,
  headers: Record<string, string> = {},
): HostileCase {
  const bodyOf = (around: Surroundings) =>
    typeof body === 'function' ? (body as (around: Surroundings) => unknown)(around) : body;
  const send = async (around: Surroundings): Promise<Reply> => {
    const given = await bodyOf(around);
    return around.client.send('POST', '/v1/jobs', {
      headers: { 'content-type': 'application/json', ...WAIT, ...headers },
      body: typeof given === 'string' || given instanceof Uint8Array ? given : JSON.stringify(given),
    });
  };
  return { name, send, expected };
}

/** Any request; what it answers is held against the OpenAPI document where that knows the path. */
export function request(
  name: string,
  [method, path]: readonly [method: string, path: string],
  expected: Expected,
  init: RequestInit = {},
): HostileCase {
  return { name, send: ({ client }) => client.send(method, path, init), expected };
}

export function isJob(body: unknown): body is Job {
  return typeof body === 'object' && body !== null && 'object' in body && body.object === 'job';
}

export function toReply({ status, head, body }: RawAnswer): Reply {
  const lines = head.split('\r\n').slice(1);
  const headers = new Headers(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { status, headers, body };
}
