import { type Member, type ServiceName } from './member.js';

/** A process that ended by itself: how often, in which ways, and what it said. */
export interface OwnExits {
  readonly name: ServiceName;
  readonly count: number;
  readonly ends: readonly string[];
  readonly lastWords: readonly string[];
}

/** Exits that no signal of ours explains. */
export async function findOwnExits({
  members,
}: {
  readonly members: Readonly<Record<string, Member>>;
}): Promise<OwnExits[]> {
  const found: OwnExits[] = [];
  for (const member of Object.values(members)) {
    const { name, ownExits } = member;
    if (ownExits.length === 0) continue;
    const ends = ownExits.map(({ code, signal }) => signal ?? `exit code ${code}`);
    const lastWords = (await member.log())
      .filter(({ level }) => level === 'fatal')
      .map(({ msg }) => String(msg));
    found.push({ name, count: ends.length, ends: unique(ends), lastWords: unique(lastWords) });
  }
  return found;
}

/** Those that whoever supervises the process answers by trying again: what it needs was away at its start. */
export function isForWantOf(needed: RegExp, { ends, lastWords }: OwnExits): boolean {
  return ends.every((end) => end === 'exit code 1') && lastWords.every((words) => needed.test(words));
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
