import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Answer, type HostileServer, startHostileServer } from './hostile-server.js';

interface Arrival {
  readonly host: string;
  readonly response: ServerResponse;
}

/** Hosts of all names on one real server, which holds every request until the test lets it go. */
export interface GuestHouse {
  readonly server: HostileServer;
  /** Requests that have come, `host/path`, in their order. */
  readonly visits: readonly string[];
  /** Requests that wait for an answer. */
  readonly held: readonly Arrival[];
  /** The most that waited for an answer at a time. */
  readonly mostHeld: number;
  /** What a path is answered with, on every host. */
  answer(path: string, answer: Answer): void;
  url(host: string, path?: string): string;
  /** Resolves as soon as `count` requests of the path, or of any, have come in all. */
  arrived(count: number, path?: string): Promise<void>;
  /** Answers the oldest that waits, of one host if named. */
  release(host?: string): void;
}

/** Holds what asks for `/held` and answers `/free`; other paths are for the test to answer. */
export async function openGuestHouse(): Promise<GuestHouse> {
  const server = await startHostileServer();
  const visits: string[] = [];
  const held: Arrival[] = [];
  let mostHeld = 0;
  let onArrival = () => {};
  const answer = (path: string, respond: Answer) =>
    server.answer(path, (response, request) => {
      visits.push(`${hostOf(request)}${path}`);
      respond(response, request);
      onArrival();
    });
  answer('/held', (response, request) => {
    held.push({ host: hostOf(request), response });
    mostHeld = Math.max(mostHeld, held.length);
  });
  answer('/free', (response) => response.end('free'));
  return {
    server,
    visits,
    held,
    get mostHeld() {
      return mostHeld;
    },
    answer,
    url: (host, path = '/held') => `http://${host}:${server.port}${path}`,
    async arrived(count, path = '') {
      while (visits.filter((visited) => visited.endsWith(path)).length < count)
        await new Promise<void>((resolve) => (onArrival = resolve));
    },
    release(host) {
      const index = held.findIndex((arrival) => host === undefined || arrival.host === host);
      const [arrival] = held.splice(index, 1);
      if (index < 0 || arrival === undefined) throw new Error('nobody is held');
      arrival.response.end('released');
    },
  };
}

function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').replace(/:\d+$/, '');
}
