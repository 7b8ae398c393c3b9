import { type z } from 'zod';
import {
  InvalidTypeError,
  InvalidValueError,
  MissingParameterError,
  UnknownParameterError,
} from '../request.errors.js';
import { describeRule } from './describe-rule.js';
import { quote } from './quote.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * Checks a value against a schema.
 * @throws {MissingParameterError | InvalidTypeError | InvalidValueError | UnknownParameterError} for the first rule
 *   broken, with the path of the field as `param` (`messages.0.content`) and the value given, shortened
 */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const outcome = schema.safeParse(value, { reportInput: true, error: describeRule });
  if (outcome.success) return outcome.data;
  const issue = outcome.error.issues[0];
  if (issue === undefined) throw new InvalidValueError('the value is not accepted');
  throw toError(issue, []);
}

function toError(issue: Issue, parent: Path): Error {
  const path = [...parent, ...issue.path];
  const param = path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return unknownParameter(path, issue.keys);
  if (issue.code === 'invalid_union') return unionError(issue, path, param);
  // A record whose key breaks a rule reports it in a nested issue.
  if (issue.code === 'invalid_key') return ruleError(InvalidValueError, param, issue.issues[0] ?? issue);
  if (issue.input === undefined) return missing(param);
  return ruleError(errorClassFor(issue), param, issue);
}

type RuleErrorClass = typeof InvalidTypeError | typeof InvalidValueError;

/** JSON has one number type: 1.5 for a whole number is a wrong value, not a wrong type. */
function errorClassFor(issue: Issue): RuleErrorClass {
  if (issue.code === 'invalid_type') {
    return issue.expected === 'int' && typeof issue.input === 'number' ? InvalidValueError : InvalidTypeError;
  }
  const isOfNoTypeAllowed =
    issue.code === 'invalid_value' && issue.values.every((value) => typeof value !== typeof issue.input);
  return isOfNoTypeAllowed ? InvalidTypeError : InvalidValueError;
}

function ruleError(
  ErrorClass: RuleErrorClass,
  param: string,
  issue: { message: string; input?: unknown },
): Error {
  const subject = param === '' ? 'the body' : param;
  return new ErrorClass(
    `${subject}: ${issue.message}, given ${quote(issue.input)}`,
    param === '' ? {} : { param },
  );
}

function missing(param: string): Error {
  return param === ''
    ? new MissingParameterError('a body is required')
    : new MissingParameterError(`${param} is required`, { param });
}

function unknownParameter(path: Path, keys: readonly string[]): Error {
  const key = (keys[0] ?? '').slice(0, 80);
  const param = [...path, key].map(String).join('.');
  return new UnknownParameterError(`${quote(key)} is not a field that is known here`, { param });
}

/** Reports the variant of a union that the value comes closest to: the one whose rule is broken deepest inside. */
function unionError(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, param: string): Error {
  const variants = issue.errors.flatMap((issues) => issues.slice(0, 1));
  const deepest = variants.reduce<Issue | undefined>(
    (best, candidate) => (best === undefined || candidate.path.length > best.path.length ? candidate : best),
    undefined,
  );
  if (deepest !== undefined && deepest.path.length > 0) return toError(deepest, path);
  if (issue.input === undefined) return missing(param);
  if (deepest === undefined) return discriminatorError(issue, param);
  const closest = variants.find(({ code }) => code !== 'invalid_type') ?? issue;
  return ruleError(closest === issue ? InvalidTypeError : InvalidValueError, param, {
    ...closest,
    input: issue.input,
  });
}

/** No variant has this `type`: the fault lies with that field, or with a value that is no object. */
function discriminatorError(issue: Extract<Issue, { code: 'invalid_union' }>, param: string): Error {
  const parent = issue.input;
  if (typeof parent !== 'object' || parent === null) return ruleError(InvalidValueError, param, issue);
  const field = param.split('.').at(-1) ?? '';
  const given = (parent as Record<string, unknown>)[field];
  return given === undefined
    ? missing(param)
    : ruleError(InvalidValueError, param, { ...issue, input: given });
}
