import { type z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;

/**
 * The rule that a value breaks, in our words: `must be at least 1`. For zod's `error` option, so that a rule which a
 * schema words itself goes before; undefined leaves it to zod.
 */
export function describeRule(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'too_small':
      if (issue.inclusive === false) return `must be above ${Number(issue.minimum)}`;
      return `must ${amount(issue.origin, 'at least', Number(issue.minimum))}`;
    case 'too_big':
      return `must ${amount(issue.origin, 'at most', Number(issue.maximum))}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`.replace(
        /, (?=[^,]*$)/,
        ' or ',
      );
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    default:
      return undefined;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

function amount(origin: string, bound: string, limit: number): string {
  if (origin === 'string') return `have ${bound} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `have ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `be ${bound} ${limit}`;
}
