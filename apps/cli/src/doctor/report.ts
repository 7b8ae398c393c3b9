import { type CheckResult, type CheckStatus } from './check.js';

export interface NamedResult extends CheckResult {
  readonly name: string;
}

const STATUS_WIDTH = 'warning'.length;

/** A line for each check, with what to do below it, and how many need something done at the end. */
export function toReport(results: readonly NamedResult[]): string {
  const nameWidth = Math.max(...results.map(({ name }) => name.length));
  const lines = results.flatMap(({ name, status, summary, remedy }) => {
    const head = `${status.padEnd(STATUS_WIDTH)}  ${name.padEnd(nameWidth)}  `;
    const indent = ' '.repeat(head.length);
    const summaryLines = summary.split('\n').map((line, index) => `${index === 0 ? head : indent}${line}`);
    return remedy === undefined ? summaryLines : [...summaryLines, `${indent}-> ${remedy}`];
  });
  return [...lines, '', conclusion(results)].join('\n');
}

function conclusion(results: readonly NamedResult[]): string {
  const count = (wanted: CheckStatus): number => results.filter(({ status }) => status === wanted).length;
  const [broken, warnings] = [count('broken'), count('warning')];
  if (broken > 0) return `${broken} broken: Tessera cannot do what the settings ask for`;
  return warnings > 0 ? `nothing is broken, ${warnings} to look at` : 'all is well';
}
