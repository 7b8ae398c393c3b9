/** What `resolv.conf` says of names that are not given in full. */
export interface SearchList {
  readonly domains: readonly string[];
  /** A name with fewer dots is looked for in the domains first. */
  readonly minDots: number;
}

const MAX_MIN_DOTS = 15;

export function parseSearchList(resolvConf: string): SearchList {
  let domains: readonly string[] = [];
  let minDots = 1;
  for (const line of resolvConf.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'search' || keyword === 'domain') domains = values.map(withoutFinalDot).filter(Boolean);
    if (keyword !== 'options') continue;
    const ndots = values.map((value) => /^ndots:(\d+)$/.exec(value)?.[1]).findLast(Boolean);
    if (ndots !== undefined) minDots = Math.min(Number(ndots), MAX_MIN_DOTS);
  }
  return { domains, minDots };
}

/** The names that `name` may stand for, in the order in which they are asked for. */
export function fullNames(name: string, { domains, minDots }: SearchList): readonly string[] {
  if (name.endsWith('.')) return [name];
  const searched = domains.map((domain) => `${name}.${domain}`);
  return name.split('.').length > minDots ? [name, ...searched] : [...searched, name];
}

function withoutFinalDot(name: string): string {
  return name.replace(/\.$/, '');
}
