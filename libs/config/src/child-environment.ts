import { type Environment } from './read-settings.js';

/**
 * The environment for a child process: that of this process with `overrides` on top.
 * An override of undefined takes the variable away.
 */
export function childEnvironment(overrides: Environment = {}): Record<string, string> {
  const merged = Object.entries({ ...process.env, ...overrides });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
