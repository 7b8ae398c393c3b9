import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import pLimit, { type LimitFunction } from 'p-limit';
import { type Lookup, type ResolvedAddress } from '../guarded-connector.js';
import { inOrderOfUse } from './address-order.js';
import { parseHosts } from './hosts-file.js';
import { mainFailure, queryAddresses } from './query-addresses.js';
import { fullNames, parseSearchList } from './search-list.js';
import { SystemFile } from './system-file.js';

/** As many as a dispatcher has places for receivers, so that none of those waits for another's name. */
const MAX_LOOKUPS = 1_000;
/** With one name server, both tries (2 s, then 4 s); with three, one of each. */
const TIMEOUT_MS = 6_000;
const TRIES = { timeout: 2_000, tries: 2 };

/** One for the process, as the threads are. */
const systemLine = pLimit(1);

const lookupBySystem: Lookup = (hostname) => dns.lookup(hostname, { all: true });

export interface NameResolverOptions {
  /** Name servers as `address:port`. Default: those of the system. */
  readonly servers?: readonly string[];
  /** Default: `/etc/hosts`. */
  readonly hostsPath?: string;
  /** Default: `/etc/resolv.conf`. */
  readonly resolvConfPath?: string;
  /** For names that only the system can know. Default: its resolver. */
  readonly lookup?: Lookup;
  /** For a name to be resolved, and for one to get its turn. Default: 6000. */
  readonly timeoutMs?: number;
}

/**
 * Resolves names that strangers choose. The system's resolver works in threads, of which two at a time serve the whole
 * process, and a name whose servers never answer keeps one for many seconds. So name servers are asked directly, with
 * the hosts file and the search domains heeded as the system does. Only names without a dot and those below `localhost`
 * are the system's, one at a time: no stranger has servers for them.
 */
export class NameResolver {
  private readonly hosts: SystemFile<ReturnType<typeof parseHosts>>;
  private readonly searchList: SystemFile<ReturnType<typeof parseSearchList>>;
  private readonly timeoutMs: number;
  private readonly queryLine = pLimit(MAX_LOOKUPS);
  private readonly queries = new Set<AbortController>();
  private isClosed = false;

  constructor(private readonly options: NameResolverOptions = {}) {
    const { hostsPath = '/etc/hosts', resolvConfPath = '/etc/resolv.conf', timeoutMs = TIMEOUT_MS } = options;
    this.hosts = new SystemFile(hostsPath, parseHosts);
    this.searchList = new SystemFile(resolvConfPath, parseSearchList);
    this.timeoutMs = timeoutMs;
  }

  readonly lookup: Lookup = async (hostname) => {
    const family = isIP(hostname);
    if (family !== 0) return [{ address: hostname, family }];
    const name = hostname.toLowerCase();
    const bareName = name.replace(/\.$/, '');
    const listed = this.hosts.read().get(bareName);
    if (listed !== undefined) return inOrderOfUse(listed);
    const { lookup: askSystem = lookupBySystem } = this.options;
    return isForSystem(bareName)
      ? this.inTurn(systemLine, name, () => askSystem(name))
      : this.inTurn(this.queryLine, name, () => this.query(name));
  };

  /** Ends all lookups but one that the system is at. */
  close(): void {
    this.isClosed = true;
    for (const query of this.queries) query.abort();
  }

  /** Who has waited in vain for so long is not asked for any more. */
  private inTurn<Result>(line: LimitFunction, name: string, ask: () => Promise<Result>): Promise<Result> {
    const arrivedAtMs = performance.now();
    return line(() => {
      const waitedMs = performance.now() - arrivedAtMs;
      if (this.isClosed || waitedMs > this.timeoutMs) throw new Error(`${name} was not looked up in time`);
      return ask();
    });
  }

  private async query(name: string): Promise<readonly ResolvedAddress[]> {
    const resolver = new dns.Resolver(TRIES);
    if (this.options.servers !== undefined) resolver.setServers(this.options.servers);
    const query = new AbortController();
    query.signal.addEventListener('abort', () => resolver.cancel());
    const timer = setTimeout(() => query.abort(), this.timeoutMs);
    this.queries.add(query);
    try {
      return inOrderOfUse(await this.firstFound(resolver, name, query.signal));
    } finally {
      clearTimeout(timer);
      this.queries.delete(query);
    }
  }

  private async firstFound(
    resolver: dns.Resolver,
    name: string,
    signal: AbortSignal,
  ): Promise<readonly ResolvedAddress[]> {
    const failures: Error[] = [];
    for (const fullName of fullNames(name, this.searchList.read())) {
      if (signal.aborted) break;
      try {
        return await queryAddresses(resolver, fullName);
      } catch (error) {
        failures.push(error as Error);
      }
    }
    const cause = mainFailure(failures);
    throw signal.aborted ? new Error(`${name} was not resolved in time`, { cause }) : cause;
  }
}

function isForSystem(name: string): boolean {
  return !name.includes('.') || name.endsWith('.localhost');
}
