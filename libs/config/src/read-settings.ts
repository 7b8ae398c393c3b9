import { closestMatch } from 'leven';
import { type z } from 'zod';
import { ConfigurationError, type ConfigurationProblem } from './configuration-error.js';
import { type Setting } from './setting.js';
import { settingDefinitions } from './settings.js';

/** The environment as the process or a test hands it over. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of every setting, by the name of its variable. */
export type SettingValues = {
  [Name in keyof typeof settingDefinitions]: z.output<(typeof settingDefinitions)[Name]['schema']>;
};

const PREFIX = 'TESSERA_';
const LONGEST_QUOTED_VALUE = 80;

/**
 * Reads every known variable; an empty text counts as not set.
 * @throws {ConfigurationError} listing every bad value and every unknown `TESSERA_*` variable
 */
export function readSettings(environment: Environment): SettingValues {
  const problems: ConfigurationProblem[] = findUnknownVariables(environment);
  const entries = Object.entries<Setting>(settingDefinitions).map(([name, definition]) => {
    const text = textOf(environment, name) ?? textOf(environment, definition.alias);
    const outcome = definition.schema.safeParse(text);
    if (!outcome.success) problems.push({ name, message: describe(outcome.error, definition, text) });
    return [name, outcome.data] as const;
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  // Built from the very table that the type maps over, and every schema has accepted its value.
  return Object.fromEntries(entries) as SettingValues;
}

function textOf(environment: Environment, name: string | undefined): string | undefined {
  const text = name === undefined ? undefined : environment[name];
  return text === '' ? undefined : text;
}

function describe(error: z.ZodError, definition: Setting, text: string | undefined): string {
  const rules = [...new Set(error.issues.map((issue) => issue.message))].join('; ');
  const given = definition.secret || text === undefined ? '' : `, given "${shorten(text)}"`;
  return rules + given;
}

function shorten(text: string): string {
  return text.length <= LONGEST_QUOTED_VALUE ? text : `${text.slice(0, LONGEST_QUOTED_VALUE)}...`;
}

/** A mistyped name would otherwise leave its setting silently at the default. */
function findUnknownVariables(environment: Environment): ConfigurationProblem[] {
  const known = Object.keys(settingDefinitions);
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && environment[name] !== undefined && !known.includes(name))
    .sort()
    .map((name) => {
      const nearest = closestMatch(name, known) ?? PREFIX;
      return { name, message: `no setting has this name; the nearest one is ${nearest}` };
    });
}
