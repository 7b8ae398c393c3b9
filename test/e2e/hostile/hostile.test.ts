import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../integration/api/api-client.js';
import { ApiContract } from '../../integration/api/api-contract.js';
import { startSystem, type System } from '../service/system.js';
import { badPictures } from './cases/bad-pictures.js';
import { bodies } from './cases/bodies.js';
import { forms } from './cases/forms.js';
import { GOOD_ANSWER, GOOD_PICTURE, GOOD_QUESTION, goodPictures } from './cases/good-pictures.js';
import { headers } from './cases/headers.js';
import { hostileServers } from './cases/hostile-servers.js';
import { messages } from './cases/messages.js';
import { oddUrls } from './cases/odd-urls.js';
import { paths } from './cases/paths.js';
import { pictureBombs } from './cases/picture-bombs.js';
import { privateUrls } from './cases/private-urls.js';
import { rawBytes } from './cases/raw-bytes.js';
import { texts } from './cases/texts.js';
import { expectReply } from './expect-reply.js';
import { type ForbiddenListener, startForbiddenListener } from './forbidden-listener.js';
import { type HostileCase, job, type Surroundings } from './hostile-case.js';
import { HostileOrigin } from './hostile-origin.js';
import { HOSTILE_SETTINGS, MAX_PEAK_MEMORY_BYTES } from './limits.js';

const AREAS: Readonly<Record<string, readonly HostileCase[]>> = {
  'the bytes of a connection': rawBytes,
  'a server behind a URL': hostileServers,
  'a picture in an odd dress': goodPictures,
  'what is no picture': badPictures,
  'a picture that unfolds': pictureBombs,
  'a private address': privateUrls,
  'what is no URL': oddUrls,
  'a body': bodies,
  'a conversation': messages,
  'a text': texts,
  'a form': forms,
  'a header': headers,
  'a path': paths,
};
/** After so many cases comes a job that has nothing odd about it. */
const CASES_BETWEEN_GOOD_JOBS = 20;

let system: System;
let origin: HostileOrigin;
let forbidden: ForbiddenListener;
let around: Surroundings;

beforeAll(async () => {
  origin = new HostileOrigin();
  const address = await origin.listen();
  forbidden = await startForbiddenListener();
  system = await startSystem(HOSTILE_SETTINGS);
  around = {
    url: system.url,
    client: new ApiClient(system.url, await ApiContract.of(system.url)),
    origin: address,
    serve: (answer) => address + origin.serve(answer),
    forbiddenPort: forbidden.port,
  };
});
afterAll(async () => {
  await system.stop();
  await origin.stop();
  await forbidden.stop();
});

const goodJob = job(
  'a good job among them, rightly',
  ({ serve }: Surroundings) => ({ question: GOOD_QUESTION, images: [serve(GOOD_PICTURE)] }),
  { status: 200, text: GOOD_ANSWER },
);

describe.concurrent('the service answers', () => {
  for (const [area, cases] of Object.entries(AREAS)) {
    describe(area, () => {
      const interleaved = cases.flatMap((one, index) =>
        index % CASES_BETWEEN_GOOD_JOBS === 0 ? [goodJob, one] : [one],
      );
      for (const [index, { name, send, expected }] of interleaved.entries()) {
        it(`${index}: ${name}`, async () => expectReply(await send(around), expected));
      }
    });
  }
});

describe('after more than 300 hostile inputs, the service', () => {
  it('has seen that many', () => {
    expect(Object.values(AREAS).flat().length).toBeGreaterThan(300);
  });

  it('answers the next good job rightly', async () => {
    await expectReply(await goodJob.send(around), goodJob.expected);
  });

  it('has no job left that waits or runs', async () => {
    for (const status of ['queued', 'in_progress']) {
      expect((await around.client.get<{ data: unknown[] }>(`/v1/jobs?status=${status}`)).body.data).toEqual(
        [],
      );
    }
  });

  it('runs as the processes that it was started as, none of which logged an error', () => {
    for (const { name, lines } of [system.api, system.worker, system.dispatcher]) {
      const wrong = lines.filter(({ level }) => level === 'error' || level === 'fatal');
      expect(wrong, name).toEqual([]);
    }
  });

  it('has held no more memory than its limits explain', async () => {
    expect(await system.api.peakMemoryBytes()).toBeLessThan(MAX_PEAK_MEMORY_BYTES.api);
    expect(await system.worker.peakMemoryBytes()).toBeLessThan(MAX_PEAK_MEMORY_BYTES.worker);
  });

  it('has connected to no private address, though one would have been counted', async () => {
    expect(forbidden.connectionCount).toBe(0);
    const socket = connect(forbidden.port, '127.0.0.1');
    await once(socket, 'data');
    socket.destroy();
    expect(forbidden.connectionCount).toBe(1);
  });
});
