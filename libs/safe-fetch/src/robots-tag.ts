/** What of `X-Robots-Tag` counts, and whom it may address by name. */
export interface RobotsRules {
  /** Directives that refuse an answer, in lower case. */
  readonly refusedDirectives: readonly string[];
  /** Names of ours, in lower case. A directive for nobody in particular counts as well. */
  readonly agents: readonly string[];
}

/** They have a value, so what stands before their colon is no name of an agent. */
const DIRECTIVES_WITH_VALUE = new Set([
  'max-image-preview',
  'max-snippet',
  'max-video-preview',
  'unavailable_after',
]);
const EVERYBODY = '*';
/** A name has no spaces: what is left of a date after its comma is none. */
const ADDRESSED = /^\s*([^\s:]*)\s*:(.*)$/;

/**
 * The first directive among the `X-Robots-Tag` headers of an answer that refuses it to us; undefined when none does.
 * A header is a comma list; `name:` before a directive addresses it, and those after it, to one agent.
 */
export function refusingDirective(
  headers: string | readonly string[] | undefined,
  rules: RobotsRules,
): string | undefined {
  const values = typeof headers === 'string' ? [headers] : (headers ?? []);
  for (const value of values) {
    const directive = directivesFor(value, rules.agents).find((name) => isRefused(name, rules));
    if (directive !== undefined) return directive;
  }
  return undefined;
}

function directivesFor(header: string, agents: readonly string[]): string[] {
  const directives: string[] = [];
  let isForUs = true;
  for (const part of header.toLowerCase().split(',')) {
    const [, agent, addressed] = ADDRESSED.exec(part) ?? [];
    if (agent !== undefined) {
      if (DIRECTIVES_WITH_VALUE.has(agent)) continue;
      isForUs = agent === '' || agent === EVERYBODY || agents.includes(agent);
    }
    if (isForUs) directives.push((addressed ?? part).trim());
  }
  return directives;
}

/** `none` is short for `noindex, nofollow`. */
function isRefused(directive: string, { refusedDirectives }: RobotsRules): boolean {
  return refusedDirectives.includes(directive === 'none' ? 'noindex' : directive);
}

/** The product name that a User-Agent begins with, in lower case: the name that robots rules call us by. */
export function productToken(userAgent: string): string {
  return (/^[^\s/(]+/.exec(userAgent)?.[0] ?? userAgent).toLowerCase();
}
