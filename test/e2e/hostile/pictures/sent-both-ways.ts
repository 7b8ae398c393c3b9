import { formOf } from '../../../integration/api/pictures.js';
import { type Expected, type HostileCase, job, QUESTION, WAIT } from '../hostile-case.js';

export type Picture = () => Uint8Array | Promise<Uint8Array>;

/** The picture once in the request, where the API looks at it, and once behind a URL, where only the worker does. */
export function sentBothWays(
  name: string,
  picture: Picture,
  expected: Expected,
  question = QUESTION,
): HostileCase[] {
  let made: Uint8Array | Promise<Uint8Array> | undefined;
  const bytesOf = async (): Promise<Uint8Array> => (made ??= picture());
  const upload: HostileCase = {
    name: `uploaded: ${name}`,
    expected,
    send: async ({ client }) =>
      client.send('POST', '/v1/jobs', {
        headers: WAIT,
        body: formOf([new Uint8Array(await bytesOf())], { question }),
      }),
  };
  const fetched = job(
    `fetched: ${name}`,
    async ({ serve }: { serve: (bytes: Uint8Array) => string }) => ({
      question,
      images: [serve(await bytesOf())],
    }),
    expected,
  );
  return [upload, fetched];
}
