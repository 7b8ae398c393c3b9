import { type promises } from 'node:dns';
import { type ResolvedAddress } from '../guarded-connector.js';

type Resolver = Pick<promises.Resolver, 'resolve4' | 'resolve6'>;

/** No such name; no address; no name at all. */
const NOT_FOUND = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];

/** All addresses that name servers have for exactly `name`; of one family where only the other's question fails. */
export async function queryAddresses(resolver: Resolver, name: string): Promise<readonly ResolvedAddress[]> {
  const answers = await Promise.allSettled([
    resolver.resolve4(name).then((found) => found.map((address) => ({ address, family: 4 }))),
    resolver.resolve6(name).then((found) => found.map((address) => ({ address, family: 6 }))),
  ]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  throw mainFailure(
    answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : [])),
  );
}

/** A failure that may pass, if there is one: what was not answered may exist all the same. */
export function mainFailure(failures: readonly Error[]): Error {
  const passing = failures.find(
    (failure) => !('code' in failure && NOT_FOUND.includes(String(failure.code))),
  );
  return passing ?? failures[0] ?? new Error('the name has no address');
}
